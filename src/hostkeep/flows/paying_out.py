"""Pay-outs of gateways, once a day: what they passed on to the bank is booked, what they hold is compared.

Every gateway that tells of its pay-outs is asked for those of the last weeks; what is known changes nothing.
A gateway account may serve several brands, so a pay-out is parted among those whose payments are in it.
What cannot be booked, and what a gateway holds beside what the books say, is a finding that stands until it
is gone and rings an alarm when it is new.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import structlog

from hostkeep.audit.rounds import note_failure
from hostkeep.billing.actions.paying_out import PayoutKept, record_payout, settle_payout
from hostkeep.billing.actions.reconciling import record_findings
from hostkeep.billing.calls.gateways import Account, accounts_of, gateway_for
from hostkeep.billing.calls.payouts import payouts_of, tells_payouts
from hostkeep.billing.queries.findings import open_findings_of
from hostkeep.billing.queries.payouts import (
    awaited_in,
    is_known_at_bank,
    is_written_down,
    owners_of,
    parted_before,
    stands_at,
    users_of,
)
from hostkeep.billing.rules import chart
from hostkeep.billing.rules.numbering import references_in
from hostkeep.billing.rules.payouts import Shares, is_about_then, is_booked_by_day, is_seen_in, parted
from hostkeep.billing.rules.reconciling import OF_GATEWAYS, Deviation, handle_of
from hostkeep.brands.queries import all_brands
from hostkeep.drivers.payouts import Holding, NotTold, PaidOut
from hostkeep.drivers.statements import Credit
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import OPERATOR, BrandId
from hostkeep.kernel.money import CURRENCIES, Money
from hostkeep.runtime.jobs import send
from hostkeep.runtime.tallies import last_tallied, tally

log = structlog.get_logger()

ERRAND = "payouts"
ALL = "all"
EVERY = timedelta(days=1)
TRIED = "tried"
AGAIN = timedelta(hours=1)
"""So long after a try at which some gateway did not answer all are asked again."""

BACK = timedelta(days=35)
"""So far back pay-outs are asked for: one may fail days after it arrived, and some are made once a month."""

DIFFERED = "payouts_differed"
"""The tally of checks at which a gateway held something else."""

Seen = Literal["payout", "known", ""]
"""What a credit at the bank is: a pay-out, one that is booked already, or none."""


def send_due(act: Act) -> int:
    """Send the errand off where a gateway tells of pay-outs and a day has passed since all did; 1 or 0."""
    last, tried = checked_at(), last_tallied(brand=OPERATOR, kind=ERRAND, name=TRIED)
    is_due = last is None or act.at - last >= EVERY
    is_rested = tried is None or act.at - tried >= AGAIN
    return int(is_due and is_rested and bool(telling_accounts()) and send(ERRAND, ALL))


def send_now() -> bool:
    """Send the errand off at once; say whether it was not on its way."""
    return send(ERRAND, ALL)


def checked_at() -> datetime | None:
    """Return when all gateways last told of their pay-outs; None: never."""
    return last_tallied(brand=OPERATOR, kind=ERRAND, name=ALL)


def telling_accounts() -> tuple[Account, ...]:
    """Return the accounts at gateways that some brand of theirs wants and that tell of their pay-outs."""
    shops = all_brands()
    wanting = {(name, row.id) for row in shops for name in row.payment}
    return tuple(
        account
        for name in sorted({name for name, _ in wanting})
        for account in accounts_of(name, [row.id for row in shops])
        if any((name, brand) in wanting for brand in account.brands) and tells_payouts(_driver(account))
    )


def run(act: Act, about: str) -> int:
    """Ask every gateway, as an errand; return how many pay-outs are new."""
    fresh, are_all_told = fetch(act.of_brand(OPERATOR))
    for name in (TRIED, about) if are_all_told else (TRIED,):
        tally(brand=OPERATOR, kind=ERRAND, name=name, at=act.at)
    return fresh


def fetch(act: Act) -> tuple[int, bool]:
    """Ask every gateway that tells, book what it paid out and compare what it holds.

    A gateway that does not answer, or goes wrong, stays as it stands, with what was found of it before.
    Returns how many pay-outs are new, and whether every gateway answered.
    """
    fresh, are_all_told, found = 0, True, list[Deviation]()
    for account in telling_accounts():
        try:
            booked, odd = _fetched(act, account)
        except Exception as error:  # noqa: BLE001  one account must not keep the others from being asked
            if isinstance(error, NotTold):
                log.warning("payouts.not_told", gateway=account.gateway, trace=act.trace)
            else:
                note_failure(act, error, event="payouts.failed", about=account.gateway)
            found += _standing(account)
            are_all_told = False
            continue
        fresh += booked
        found += odd
    record_findings(act, found=found, checked=OF_GATEWAYS)
    return fresh, are_all_told


def _fetched(act: Act, account: Account) -> tuple[int, list[Deviation]]:
    """Ask one account, book what it paid out; return how many are new, and what is out.  Raises NotTold."""
    told = payouts_of(_driver(account), (act.at - BACK).date())
    booked, odd = _booked(act, account, told.payouts)
    return booked, [*odd, *_held_otherwise(act, account, told.holdings)]


def take_from_bank(act: Act, credit: Credit) -> Seen:
    """Book a pay-out that a credit in a file of act.brand's bank is, so that it does not count as a payment.

    It is one if a pay-out in transit has its amount, the bank booked it about then, and its words (or its
    sender) name the gateway or the pay-out, and no document of ours.
    """
    if is_known_at_bank(credit.proof, credit.alike, credit.amount):
        return "known"
    if references_in(credit.words) or is_written_down(chart.BANK, credit.proof, credit.alike, credit.amount):
        return ""
    said = f"{credit.words} {credit.payer}"
    for one in awaited_in(credit.amount, act.brand):
        is_named = is_seen_in(said, gateway=one.gateway, proof=one.proof)
        if is_named and is_about_then(one.arrives_on, credit.booked_on):
            settle_payout(act, gateway=one.gateway, proof=one.proof, bank_proof=credit.proof)
            return "payout"
    return ""


def _driver(account: Account) -> Any:
    """Return what asks an account: whichever of its brands does, it is the same one."""
    return gateway_for(account.gateway, account.brands[0])


def _booked(act: Act, account: Account, told: Sequence[PaidOut]) -> tuple[int, list[Deviation]]:
    """Write an account's pay-outs down, the oldest first; return how many are new, and what cannot be booked.

    One that breaks must not keep the rest out.
    """
    by_day = frozenset(row.id for row in all_brands() if is_booked_by_day(row.bank))
    fresh, odd = 0, list[Deviation]()
    for paid in sorted(told, key=lambda each: (each.arrives_on, each.proof)):
        try:
            kept = _kept(act, account, paid, by_day)
        except Exception as error:  # noqa: BLE001  see above
            code = type(error).__name__
            log.warning("payouts.not_booked", gateway=account.gateway, code=code, trace=act.trace)
            kept = None
        if kept is None or kept.differs:
            odd.append(Deviation("payout", handle_of(f"{account.gateway}:{paid.proof}"), paid.amount))
        fresh += kept is not None and kept.fresh
    return fresh, odd


def _kept(act: Act, account: Account, paid: PaidOut, by_day: frozenset[BrandId]) -> PayoutKept | None:
    """Write one pay-out down; None where nobody can tell whose it is.

    A payment in it may be of a brand that has an account of its own by now; the rest is of this one's.
    """
    name = account.gateway
    about = {line.of for line in paid.lines if line.of}
    before = parted_before(name, {*about, paid.proof})
    shares: Shares = {}
    if paid.proof not in before:
        owners = owners_of(name, about)
        shares = parted(paid, owners=owners, before=before, users=_users(account))
        if not shares:
            return None
    return record_payout(act, gateway=name, paid=paid, shares=shares, by_day=by_day)


def _users(account: Account) -> list[BrandId]:
    """Return the brands of an account that were paid through it."""
    return [brand for brand in users_of(account.gateway) if brand in account.brands]


def _held_otherwise(act: Act, account: Account, holdings: Sequence[Holding]) -> Iterator[Deviation]:
    """Give what the books have at an account beside what its gateway says it holds.

    A payment that the gateway has and we have not heard of yet is no fault, so a difference must stand at two
    checks before it is one.
    """
    shops = [row for row in all_brands() if row.id in account.brands]
    said = {holding.amount.currency: holding for holding in holdings}
    codes = {code for row in shops for code in row.currencies}
    for currency in {*said, *(CURRENCIES[code] for code in codes)}:
        holding = said.get(currency, Holding(Money(0, currency), 0))
        if holding.fee is None:
            continue
        booked = stands_at(account.gateway, account.brands, currency)
        out = booked - holding.amount - Money(holding.fee, currency)
        mark = f"{account.name}:{currency.code}"
        last = last_tallied(brand=OPERATOR, kind=DIFFERED, name=mark)
        if not out.minor:
            continue
        tally(brand=OPERATOR, kind=DIFFERED, name=mark, at=act.at)
        if last is not None and act.at - last <= 2 * EVERY:
            yield Deviation("holding", handle_of(account.name), out)


def _standing(account: Account) -> Iterator[Deviation]:
    """Give what was found of an account before, as it stands; and all pay-outs, whosever they are."""
    for row in open_findings_of(OPERATOR, OF_GATEWAYS):
        if row.what == "payout" or row.about == handle_of(account.name):
            yield Deviation(row.what, row.about, row.amount)
