"""Looking buyers' tax numbers up at a registry: when they check out, and again once an answer is too old.

The number goes through the disclosure gate, to a recipient that the brand's policy names, or nowhere.  A
registry that does not answer leaves the number unknown, which the brand's `unknown_number` decides about.
"""

from __future__ import annotations

from functools import partial

import structlog

from hostkeep.audit.rounds import go_through
from hostkeep.billing.actions.checking import forget_check, mark_anew, record_check
from hostkeep.billing.calls.numbers import look_up, registry_for
from hostkeep.billing.queries.number_checks import checks_of, due_again, mark_of
from hostkeep.billing.rules.taxing.numbers import TaxNumber, is_fresh, read_number
from hostkeep.brands.queries import all_brands, brand
from hostkeep.brands.rules.taxing import TaxSettings
from hostkeep.drivers.tax_numbers import NoAnswer, TaxNumbers
from hostkeep.flows.buyers import party_of
from hostkeep.flows.needing import package_for
from hostkeep.flows.taxing import BILLING, brands_with_registry, number_of, settings_of
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId
from hostkeep.people.errors import NoSuchAccount
from hostkeep.people.queries import AccountRow
from hostkeep.people.queries import account as account_row
from hostkeep.people.rules.closing import OPEN
from hostkeep.runtime.transactions import assert_outside
from hostkeep.vault.disclosing import NotDisclosed, OnceTaken

log = structlog.get_logger()

MOST = 50
"""Numbers that are looked up again in one round."""

HOUR = 3600


def check_number(act: Act, *, account: AccountRow) -> str:
    """Look an account's number up where no fresh answer stands; return how it stands, or an empty text.

    Empty: the brand looks none up, or the account has none that a registry could know.
    Never inside a transaction.  Takes as long as the driver does at most; once an hour a number.
    """
    assert_outside()
    settings = settings_of(brand(act.brand))
    registry = registry_for(settings.registry) if settings else None
    if settings is None or registry is None:
        return ""
    under = act.in_role("system").for_purpose(BILLING)
    number = number_of(party_of(under, account))
    if number is None or not number.prefix:
        return ""
    known = checks_of(act.brand, {account.id: number.whole}).get(account.id)
    if known and known.mark != mark_of(act.brand, number.whole):
        mark_anew(under, account=account.id, number=number.whole, before=known.mark)
    if known and is_fresh(known.state, known.checked_at, act.at, days=settings.number_days):
        return known.state
    return _ask(under, account.id, number, registry, settings)


def check_due(act: Act) -> int:
    """Look numbers up again whose answer is too old or never came; return how many were asked about."""
    done = 0
    for of, settings in brands_with_registry(all_brands()).items():
        due = due_again(of, at=act.at, days=settings.number_days, most=MOST)
        under = act.of_brand(of).in_role("system").for_purpose(BILLING)
        look = partial(_again, under)
        done += len(go_through(act, due, look, event="tax_number.failed", about=lambda account: account))
    return done


def _again(act: Act, account: AccountId) -> None:
    """Look one up again, or drop its answer where the account is closed or has no such number any more."""
    try:
        row = account_row(account)
    except NoSuchAccount:
        row = None
    if row is None or row.state != OPEN or not check_number(act, account=row):
        forget_check(act, account=account)


def _ask(
    act: Act, account: AccountId, number: TaxNumber, registry: TaxNumbers, settings: TaxSettings
) -> str:
    """Hand the number out through the gate, ask, and write the answer down."""
    hour = int(act.at.timestamp()) // HOUR
    try:
        package = package_for(
            act, registry.manifest, of=account, purpose=BILLING, ticket=f"number:{account}",
            once=f"number:{account}:{mark_of(act.brand, number.whole)[:16]}:{hour}",
        )  # fmt: skip
        requester = _requester(act)
        answer = look_up(registry, prefix=number.prefix, requester=requester, package=package)
    except (NotDisclosed, OnceTaken) as refusal:
        log.info("tax_number.not_disclosed", code=refusal.code, trace=act.trace)
        answer = NoAnswer("refused")
    done = record_check(act, account=account, number=number.whole, answer=answer, days=settings.number_days)
    log.info("tax_number.checked", state=done.state, trace=act.trace)
    return done.state


def _requester(act: Act) -> str:
    """Return the brand's own number as the registry takes it, or an empty text."""
    seller = brand(act.brand).seller
    own = read_number(seller.get("tax_id", ""), country=seller.get("country", ""))
    return f"{own.prefix}{own.digits}" if own and own.prefix else ""
