"""The renewal run: every period that is due gets its invoice, exactly once, whatever dies meanwhile.

A chunk is one transaction: its periods, their invoices, what is owed, the news and one entry of the book a
deed.  A chunk that goes wrong is tried again in halves until what is wrong stands alone; that one is given up
and shown, and the run goes on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import structlog

from hostkeep.audit.reading import newest
from hostkeep.audit.ringing import ring_once
from hostkeep.audit.rounds import go_through
from hostkeep.billing.actions.issuing_many import Bill, issue_many
from hostkeep.billing.rules.lines import Line
from hostkeep.billing.rules.party import BilledTo, to_json
from hostkeep.brands.applying import versions_for
from hostkeep.brands.queries import brand, policy_by_digest
from hostkeep.flows.buyers import parties_of
from hostkeep.flows.taxing import Taxing, settings_of, taxing_for
from hostkeep.kernel.act import Act
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import AccountId, BrandId, CategoryId, ClauseId, InvoiceId, PurposeId, Ref, ServiceId
from hostkeep.kernel.period import Period
from hostkeep.people.errors import AccountNotOpen
from hostkeep.people.queries import AccountRow, accounts_by_id
from hostkeep.people.rules.closing import OPEN
from hostkeep.subscriptions.actions.renewing import (
    CHUNK,
    ChunkFailed,
    Due,
    DueLine,
    renew_many,
    stop_renewal,
)
from hostkeep.subscriptions.queries.subscriptions import (
    SubscriptionTold,
    brands_due,
    ending_due,
    is_due,
    settling_due,
    some_due,
    subscriptions_for,
)
from hostkeep.vault.column_door import use_columns

log = structlog.get_logger()

BILLING = PurposeId("billing")
PARTY = CategoryId("invoice_party")
BILLED = "subscriptions.period.billed"
"""The verb of entries about periods that were billed."""

CLOGGED = 8
"""So many in a row that cannot be billed, and none of those drawn besides: the fault is not theirs."""

DRAWN = 32
"""Drawn from what else is due, before a brand's whole run is held to be wrong."""

TIME_TO_PAY = timedelta(days=7)
"""Where an invoice is made late, when its period has begun."""


def renew_due(act: Act) -> int:
    """Bill every period that is due at act.at; return how many there were.

    Goes on where an earlier run was cut off.  One brand that goes wrong does not stop the next.
    """

    def renew(of: BrandId) -> int:
        trace = f"renewals:{uuid4()}"
        return renew_brand(replace(act.of_brand(of).in_role("system").for_purpose(BILLING), trace=trace))

    return sum(
        go_through(act, brands_due(act.at), renew, event="renewals.failed", about=lambda brand: brand)
    )


def falls_due(at: datetime) -> bool:
    """Say whether something is to be billed, taken back or billed anew, or ends, by a time."""
    return is_due(at) or bool(ending_due(at, first=1)) or bool(settling_due(at, first=1))


def renew_brand(act: Act, *, chunk: int = CHUNK) -> int:
    """Bill what is due at act.brand; return how many periods.  act: the run's, which its entries name.

    Where nothing at all can be billed it is the house that is wrong, not its subscriptions: then none is
    given up, an alarm rings, and the next run tries again.
    """
    done = 0
    while True:
        try:
            renewed = len(renew_many(act, bill=bill_periods, most=chunk).ids)
        except ChunkFailed as failed:
            sieve = _Sieve(act)
            sieve.sift(failed.ids)
            done += sieve.done
            if sieve.is_clogged:
                _alarm(act, sieve.faults[0])
                return done
            _give_up(act, sieve.wrong)
            continue
        done += renewed
        if renewed == 0:
            return done


def bill_periods(act: Act, dues: Sequence[Due]) -> Mapping[UUID, InvoiceId]:
    """Issue the invoices of periods in the running transaction; return them by subscription.

    Raises AccountNotOpen where one of the accounts is closed, or being closed, and what issue_many raises.
    """
    if not dues:
        return {}
    buyers = accounts_by_id({due.account for due in dues})
    for buyer in buyers.values():
        if buyer.state != OPEN:
            raise AccountNotOpen(state=buyer.state)
    to, taxed = billed_to(act, list(buyers.values()))
    products = products_of(act, [due.service for due in dues])
    bills = [
        Bill(
            id=InvoiceId(uuid4()),
            to=to[due.account],
            lines=_invoice_lines(due, taxed[due.account], products.get(due.subscription, "")),
            due_in=time_to_pay(act.at, due.period),
            once=_once(due),
        )
        for due in dues
    ]
    issue_many(act, bills=bills)
    return {due.subscription: bill.id for due, bill in zip(dues, bills, strict=True)}


@dataclass(slots=True)
class _Sieve:
    """A chunk that went wrong, tried again in halves until what is wrong stands alone.

    done   how many were billed
    wrong  what could not be, and why: a refusal's code or the name of an exception
    drawn  whether others than those in a row were tried
    """

    act: Act
    done: int = 0
    wrong: list[tuple[UUID, str]] = field(default_factory=list)
    drawn: bool = False

    @property
    def is_clogged(self) -> bool:
        """Whether nothing goes through, of so many that it cannot be theirs.

        What is foreseen is theirs: an account that closes holds up nobody else.
        """
        return self.done == 0 and len(self.faults) >= CLOGGED

    @property
    def faults(self) -> list[str]:
        """Names of exceptions that nobody foresaw; a refusal's code has a dot."""
        return [code for _, code in self.wrong if "." not in code]

    def sift(self, ids: Sequence[UUID]) -> None:
        """Bill what can be."""
        if self.is_clogged and not self.drawn:
            self._draw()
        if self.is_clogged or not ids:
            return
        try:
            self.done += len(renew_many(self.act, bill=bill_periods, only=ids).ids)
        except ChunkFailed as failed:
            left, why = failed.ids, failed.__cause__
        else:
            return
        if len(left) == 1:
            self.wrong.append((left[0], why.code if isinstance(why, Foreseen) else type(why).__name__))
            return
        middle = len(left) // 2
        self.sift(left[:middle])
        self.sift(left[middle:])

    def _draw(self) -> None:
        """Bill one of the others, if any can be.

        Those in a row may be the oldest of one product that is set up wrongly: without a look past them
        they would keep everybody behind them from being billed, for as long as they last.
        """
        self.drawn = True
        for each in some_due(self.act.brand, self.act.at, but=[row for row, _ in self.wrong], first=DRAWN):
            try:
                self.done += len(renew_many(self.act, bill=bill_periods, only=[each]).ids)
            except ChunkFailed:
                continue
            if self.done:
                return


def _give_up(act: Act, wrong: Sequence[tuple[UUID, str]]) -> None:
    """Park what cannot be renewed, for staff."""
    for subscription, code in wrong:
        log.warning("renewal.stopped", subscription=str(subscription), code=code, trace=act.trace)
        stop_renewal(act, subscription=subscription, code=code)


def _alarm(act: Act, code: str) -> None:
    """Say that a brand cannot be renewed: once, and again where one was billed meanwhile, or a day later."""
    log.error("renewals.halted", brand=str(act.brand), code=code, trace=act.trace)
    about = Ref("subscriptions.run", uuid5(NAMESPACE_URL, f"hostkeep:renewals:{act.brand}"))
    over = max((each.id for each in newest(brand=act.brand, verb=BILLED, first=1)), default=0)
    ring_once(act, kind="renewals_halted", about=about, clause=ClauseId(""), over=over)


def billed_to(
    act: Act, buyers: Sequence[AccountRow]
) -> tuple[dict[AccountId, BilledTo], dict[AccountId, Taxing]]:
    """Return whom invoices are for, with the block that each one's policy keeps, and how they are taxed."""
    versions = versions_for(act.brand, {buyer.subject for buyer in buyers}, act.at)
    keeping = {b.id for b in buyers if PARTY in policy_by_digest(versions[b.subject].digest).categories}
    by_place = "tax" in brand(act.brand).words
    parties = parties_of(act, [buyer for buyer in buyers if by_place or buyer.id in keeping])
    taxed = taxing_for(act, [buyer.id for buyer in buyers], parties)
    to: dict[AccountId, BilledTo] = {}
    for buyer in buyers:
        taxing = taxed[buyer.id]
        block = to_json(taxing.placed(parties[buyer.id])) if buyer.id in keeping else ""
        to[buyer.id] = BilledTo(buyer.id, buyer.subject, block, taxing.decision)
    return to, taxed


def products_of(act: Act, services: Sequence[ServiceId]) -> dict[UUID, str]:
    """Return the products of services, by subscription, where the brand taxes some in their own way."""
    settings = settings_of(brand(act.brand))
    if settings is None or not settings.products:
        return {}
    rows = list(subscriptions_for(services).values())

    def named(told: Sequence[SubscriptionTold | None]) -> dict[UUID, str]:
        return {row.id: row.told.product for row in told if row is not None}

    return use_columns(act, wishes=[row.wish for row in rows], fn=named)


def _invoice_lines(due: Due, taxing: Taxing, product: str) -> list[Line]:
    """Return a period as its invoice bills it."""
    return [
        taxing.taxed(Line(line.title, line.quantity, line.unit, 0, _about(due, line), due.period), product)
        for line in due.lines
    ]


def _about(due: Due, line: DueLine) -> Ref:
    """Return what a line is about: an add-on's part, else the subscription."""
    if line.add_on is not None:
        return Ref("subscriptions.part", line.add_on)
    return Ref("subscriptions.subscription", due.subscription)


def time_to_pay(at: datetime, period: Period) -> timedelta:
    """Return the time to pay: until the period begins; of one that has begun, some days of it."""
    ahead = period.start - at
    return ahead if ahead > timedelta() else min(TIME_TO_PAY, period.end - period.start)


def _once(due: Due) -> str:
    """Return the key of a period's invoice."""
    return f"renewal:{due.subscription}:{int(due.period.start.timestamp())}"
