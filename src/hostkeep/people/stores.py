"""What people keeps, as stores for the sweeper: sessions, browsers that stay signed in, calls, logins."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import SubjectId
from hostkeep.people.actions.closing import erase_login
from hostkeep.people.closings import erased_logins
from hostkeep.people.models import Account, ApiKey, LoginAddress, Membership, SecondFactor, User
from hostkeep.runtime.stores import Person, Store, count_rows, handles_of, nothing, table_store

ENDED_KEYS = timedelta(days=90)
"""How long a list of keys still shows one that was ended or is over."""

ENDED = f"least(ended_at, expires_at) <= %(at)s - make_interval(days => {ENDED_KEYS.days})"
OF_USERS = "user_id = ANY(%(users)s)"
OF_ACCOUNTS = "account_id = ANY(%(accounts)s)"
MOST = 10_000


def person_of(*subjects: SubjectId, words: tuple[str, ...] = ()) -> Person:
    """Return the handles of some people, erased or not, in three statements.  words: see Person."""
    accounts = list(Account.objects.filter(subject__in=subjects).values_list("id", flat=True))
    users = set(User.objects.filter(subject__in=subjects).values_list("id", flat=True))
    users |= set(Membership.objects.filter(account__in=accounts).values_list("user_id", flat=True))
    return Person(subjects, tuple(sorted(accounts)), tuple(sorted(users)), words)


def _logins_due(at: datetime) -> int:
    """Count logins that stand although their person is erased."""
    del at
    return len(erased_logins(most=MOST))


def _erase_logins(act: Act, most: int) -> int:
    """Erase them."""
    found = erased_logins(most=most)
    for brand, account in found:
        erase_login(act.of_brand(brand), account=account)
    return len(found)


def _logins_left(person: Person) -> int:
    """Count what still signs somebody in, or names them."""
    rows = (
        LoginAddress.objects.filter(user__in=person.users),
        SecondFactor.objects.filter(user__in=person.users),
        Membership.objects.filter(account__in=person.accounts),
        Account.objects.filter(id__in=person.accounts, erased_at=None),
        User.objects.filter(id__in=person.users, is_active=True),
    )
    return sum(found.count() for found in rows) + _worded("people_user", person)


def _worded(table: str, person: Person) -> int:
    """Count rows of a table in which a word of the person stands in clear."""
    return count_rows(table, f"{table}::text ILIKE ANY(%(words)s)", handles_of(person))


def _erase_keys(act: Act, most: int) -> int:
    """Delete keys that were ended or over long ago, with the calls that hang on them."""
    with transaction.atomic():
        over = Q(ended_at__lte=act.at - ENDED_KEYS) | Q(expires_at__lte=act.at - ENDED_KEYS)
        rows = ApiKey.objects.select_for_update(skip_locked=True).filter(over).order_by("id")
        return ApiKey.objects.filter(id__in=[row.id for row in rows[:most]]).delete()[0]


STORES: tuple[Store, ...] = (
    table_store(
        "people.sessions",
        "session",
        "Sessions of browsers, sealed; each ends unused for as long as the policy's cookie says.",
        table="people_session",
        due="expires_at <= %(at)s",
        whose='"user" = ANY(%(users)s)',
        branded=True,
    ),
    table_store(
        "people.stays",
        "session",
        "Browsers that stay signed in, as hashes; each ends with its cookie, or when its owner ends it.",
        table="people_stayseries",
        due="expires_at <= %(at)s OR ended_at <= %(at)s",
        whose=OF_USERS,
        branded=True,
    ),
    table_store(
        "people.api_calls",
        "security",
        "Answers to calls of the API that may be asked again, sealed; each lives a day.",
        table="people_apicall",
        due="expires_at <= %(at)s",
        whose="key_id IN (SELECT id FROM people_apikey WHERE user_id = ANY(%(users)s))",
    ),
    table_store(
        "people.api_paces",
        "security",
        "How many calls a key made in a minute; counts of minutes that are over go.",
        table="people_apipace",
        due="minute <= %(at)s - interval '2 minutes'",
        whose="key_id IN (SELECT id FROM people_apikey WHERE user_id = ANY(%(users)s))",
    ),
    Store(
        name="people.api_keys",
        keep_class="account",
        what="Keys of the API, as hashes; one that was ended or is over is listed for 90 days more.",
        places=("people_apikey",),
        list_due=lambda at: count_rows("people_apikey", ENDED, {"at": at}),
        erase=_erase_keys,
        forget=nothing,
        prove_absent=lambda person: count_rows("people_apikey", OF_USERS, handles_of(person)),
    ),
    table_store(
        "people.links",
        "account",
        "Links that stand in for the login of a closed account, as hashes; each ends with what it leads to.",
        table="people_closedlink",
        due="expires_at <= %(at)s",
        # It outlives the account's class by its purpose: it leads to what the archive still has.
        whose=f"{OF_ACCOUNTS} AND expires_at <= (SELECT runtime.now())",
    ),
    table_store(
        "people.passing",
        "account",
        "Login addresses that a mail still has to reach, sealed; each lives as long as that mail is tried.",
        table="people_passingaddress",
        due="expires_at <= %(at)s",
        whose=f"{OF_USERS} AND use NOT IN ('old', 'closing')",
    ),
    table_store(
        "people.acceptances",
        "account",
        "What somebody was shown and ticked, with the policy's version; it goes with the account's class.",
        table="people_acceptance",
        whose="subject = ANY(%(subject)s) AND person_is_erased(subject)",
    ),
    Store(
        name="people.logins",
        keep_class="account",
        what=(
            "Passwords as hashes, login addresses and second factors, sealed, an account's number and"
            " language; they go with the account."
        ),
        places=(
            "people_user", "people_account", "people_membership", "account_emailaddress", "mfa_authenticator",
        ),
        list_due=_logins_due,
        erase=_erase_logins,
        forget=nothing,
        prove_absent=_logins_left,
    ),
)
