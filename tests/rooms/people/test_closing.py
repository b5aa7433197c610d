"""A login is erased: nothing signs in, nothing names the person, and what was accepted goes with their key."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from allauth.mfa.models import Authenticator
from django.db import IntegrityError, connection, transaction

from hostkeep.faces.signin.logins import enrol_totp, make_login
from hostkeep.kernel.ids import AccountId, BrandId, CategoryId, UserId
from hostkeep.people.actions.closing import begin_closing, erase_login, finish_closing
from hostkeep.people.actions.joining import Joined, accept_statements, open_account
from hostkeep.people.actions.keys import make_key
from hostkeep.people.actions.staying import begin_stay
from hostkeep.people.errors import NoSuchAccount, NoSuchReason, NotClosing, OnceUsed
from hostkeep.people.models import Acceptance, Account, ApiKey, LoginAddress, Membership, Session, StaySeries, User
from hostkeep.people.queries import account, key_of_text, login_of_address
from hostkeep.runtime import brand as running_brand
from hostkeep.vault.models import SubjectKey
from hostkeep.vault.wall import opened
from tests.conftest import NOON, make_act

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


def joins(who: str = "ann", brand: str = "vps6", **values: str) -> Joined:
    with running_brand.during(BrandId(brand)):
        user = make_login(email=f"{who}@example.test", password=PASSWORD, at=NOON)
        act = make_act("visitor", "account", brand=brand)
        told = {CategoryId("email"): f"{who}@example.test", **{CategoryId(k): v for k, v in values.items()}}
        return open_account(act, user=user, values=told, language="en")


def accepts(ann: Joined, form: str = "signup", version: int = 1) -> None:
    act = make_act("customer", "account", own=ann.subject)
    accept_statements(
        act, subject=ann.subject, statements=["accept_policy"], version=version, digest="d" * 64, form=form
    )


def destroy(ann: Joined, state: str = "destroyed") -> None:
    """Do to the account's key what erasing it does."""
    with opened():
        gone = {"wrapped": None} if state == "destroyed" else {}
        SubjectKey.objects.filter(subject=ann.subject, keep_class="account").update(state=state, **gone)


def own(ann: Joined, purpose: str = "account", brand: str = "vps6"):
    return make_act("customer", purpose, own=ann.subject, brand=brand)


def closes(ann: Joined, once: str = "") -> None:
    begin_closing(own(ann), account=ann.account, by="customer", once=once or f"close:{ann.account}")


def test_of_an_erased_login_only_a_handle_stays() -> None:
    ann = joins()
    accepts(ann)
    enrol_totp(ann.user)
    begin_stay(own(ann), user=ann.user, life=timedelta(days=9))
    make_key(own(ann), user=ann.user, account=ann.account, scopes=["account:read"])
    Session.objects.create(
        key="k" * 64, brand="vps6", user=ann.user, box="x", started_at=NOON, used_at=NOON, expires_at=NOON
    )
    destroy(ann)

    gone = erase_login(make_act(), account=ann.account)

    assert gone.acceptances == 1
    row = Account.objects.get(id=ann.account)
    assert (row.state, row.language, row.erased_at) == ("closed", "", NOON)
    assert row.number[0] == "x" and ann.number not in row.number
    login = User.objects.get(id=ann.user)
    assert (login.is_active, login.created_at, login.has_usable_password()) == (False, None, False)
    for left in (LoginAddress, Authenticator, StaySeries, ApiKey, Membership):
        assert not left.objects.filter(user_id=ann.user).exists(), left
    assert not Session.objects.filter(user=ann.user).exists()
    with running_brand.during(BrandId("vps6")):
        assert login_of_address("ann@example.test") is None


def test_erasing_a_login_twice_changes_nothing() -> None:
    ann = joins()
    destroy(ann)
    erase_login(make_act(), account=ann.account)
    number = account(ann.account).number
    erase_login(make_act(at=NOON + timedelta(days=1)), account=ann.account)
    row = Account.objects.get(id=ann.account)
    assert (row.number, row.erased_at) == (number, NOON)


def test_another_account_keeps_its_login() -> None:
    ann, ben = joins("ann"), joins("ben")
    destroy(ann)
    erase_login(make_act(), account=ann.account)
    with running_brand.during(BrandId("vps6")):
        assert login_of_address("ben@example.test") == ben.user
    with pytest.raises(NoSuchAccount):
        erase_login(make_act(brand="vpn"), account=ben.account)


@pytest.mark.parametrize("state", ["live", "deactivated", "held"])
def test_what_was_accepted_stays_while_its_persons_key_does(state) -> None:
    ann = joins()
    accepts(ann)
    destroy(ann, state)
    for statement in ("DELETE FROM people_acceptance", "UPDATE people_acceptance SET version = 9"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert erase_login(make_act(), account=ann.account).acceptances == 0
    assert Acceptance.objects.filter(subject=ann.subject).count() == 1


@pytest.mark.parametrize("state", ["erasing", "destroyed"])
def test_what_was_accepted_goes_with_the_key_and_is_never_changed(state) -> None:
    ann = joins()
    accepts(ann)
    destroy(ann, state)
    with pytest.raises(IntegrityError), transaction.atomic():
        Acceptance.objects.update(version=9)
    assert erase_login(make_act(), account=ann.account).acceptances == 1


def test_who_never_had_a_key_leaves_no_acceptance_behind() -> None:
    with running_brand.during(BrandId("vps6")):
        user = make_login(email="nobody@example.test", password=PASSWORD, at=NOON)
        ann = open_account(make_act("visitor", "account"), user=user, values={}, language="en")
    accepts(ann)
    assert erase_login(make_act(), account=ann.account).acceptances == 1


def test_going_on_is_accepted_once_a_version() -> None:
    ann = joins()
    for version in (2, 2, 3):
        accepts(ann, "use", version)
    assert Acceptance.objects.filter(subject=ann.subject, form="use").count() == 2
    for _ in range(2):
        accepts(ann, "order")
    assert Acceptance.objects.filter(subject=ann.subject, form="order").count() == 2, "each order says it anew"


def test_an_account_that_is_being_closed_lets_no_program_and_no_browser_in() -> None:
    ann = joins()
    made = make_key(own(ann), user=ann.user, account=ann.account, scopes=["account:read"])
    begin_stay(own(ann), user=ann.user, life=timedelta(days=9))
    Session.objects.create(
        key="k" * 64, brand="vps6", user=ann.user, box="x", started_at=NOON, used_at=NOON, expires_at=NOON
    )
    closes(ann)
    assert account(ann.account).state == "closing"
    assert key_of_text(BrandId("vps6"), made.key, NOON) is None
    assert not StaySeries.objects.filter(user_id=ann.user, ended_at=None).exists()
    assert not Session.objects.filter(user=ann.user).exists()
    with pytest.raises(NoSuchAccount):
        make_key(own(ann), user=ann.user, account=ann.account, scopes=["account:read"])


def test_closing_twice_is_one_closing() -> None:
    ann = joins()
    act = own(ann)
    first = begin_closing(act, account=ann.account, by="customer", once="a")
    second = begin_closing(act, account=ann.account, by="customer", once="b")
    assert (first.id, first.fresh, second.id, second.fresh) == (first.id, True, first.id, False)


def test_nobody_closes_anothers_account() -> None:
    ann, ben = joins("ann"), joins("ben")
    with pytest.raises(NoSuchAccount):
        begin_closing(own(ann), account=ben.account, by="customer", once="a")
    with pytest.raises(NoSuchAccount):
        begin_closing(own(ann, brand="vpn"), account=ann.account, by="customer", once="a")
    with pytest.raises(NoSuchAccount):
        begin_closing(own(ann), account=AccountId(uuid4()), by="customer", once="a")
    assert account(ben.account).state == "open"


def test_the_company_says_why_and_a_customer_need_not() -> None:
    ann = joins()
    staff = make_act("owner", "account", actor=f"staff:{uuid4()}")
    for why in ("", "because"):
        with pytest.raises(NoSuchReason):
            begin_closing(staff, account=ann.account, by="staff", once="a", why=why)
    with pytest.raises(NoSuchReason):
        begin_closing(own(ann), account=ann.account, by="customer", once="a", why="asked")
    assert begin_closing(staff, account=ann.account, by="staff", once="a", why="breach").fresh


def test_one_key_closes_one_account() -> None:
    ann, ben = joins("ann"), joins("ben")
    closes(ann, "one")
    with pytest.raises(OnceUsed):
        closes(ben, "one")


def test_only_what_is_being_closed_can_be_finished() -> None:
    ann = joins()
    with pytest.raises(NotClosing):
        finish_closing(make_act(), account=ann.account, state="closed")
    closes(ann)
    with pytest.raises(NotClosing):
        finish_closing(make_act(), account=ann.account, state="open")
    finish_closing(make_act(), account=ann.account, state="deactivated")
    finish_closing(make_act(), account=ann.account, state="closed")
    assert account(ann.account).state == "deactivated", "the second changes nothing"


def test_a_login_erased_meanwhile_stays_closed() -> None:
    ann = joins()
    closes(ann)
    destroy(ann)
    erase_login(make_act(), account=ann.account)
    finish_closing(make_act(), account=ann.account, state="deactivated")
    assert account(ann.account).state == "closed"
