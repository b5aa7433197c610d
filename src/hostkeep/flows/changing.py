"""Another plan, choice or term for what somebody has: shown, paid where it costs more, and made so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction

from hostkeep.audit.rounds import each_once, go_through
from hostkeep.billing.events import InvoicePaid
from hostkeep.billing.queries.invoices import invoice_by_once, sheet
from hostkeep.brands.queries import brand
from hostkeep.flows import promoting, taking_back
from hostkeep.flows.add_on_work import make_so
from hostkeep.flows.billing_one import gross_of_dues
from hostkeep.flows.change_bills import bill_late, had_of, issue, there_of, told_of
from hostkeep.flows.earlier_terms import earlier_of
from hostkeep.flows.giving_back import (
    Ground,
    back_of,
    give_back,
    gross_of,
    ground_of,
    late_invoices,
)
from hostkeep.flows.kept_add_ons import Beside, kept_of
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, InvoiceId, PurposeId, ServiceId
from hostkeep.kernel.money import Money
from hostkeep.kernel.terms import Term
from hostkeep.people.queries import account as account_row
from hostkeep.shop.queries.moves import MoveRow, moves_from
from hostkeep.subscriptions.actions.changing import (
    Settled,
    ask_change,
    attach_invoice,
    complete_change,
    drop_change,
)
from hostkeep.subscriptions.asking import Asked
from hostkeep.subscriptions.errors import (
    NoSuchChange,
    NoSuchMove,
    NoSuchSubscription,
    PeriodUnpaid,
    SameAsNow,
)
from hostkeep.subscriptions.events import SubscriptionChanged, SubscriptionEnded, SubscriptionEnding
from hostkeep.subscriptions.queries.changes import (
    PAID_FIRST,
    ChangeRow,
    change,
    change_paid_by,
    done_changes,
    dropped_with_invoice,
    due_changes,
    gave_back,
    preview,
    unbilled_since,
    unpaid_since,
    waiting_change,
)
from hostkeep.subscriptions.queries.subscriptions import (
    SubscriptionRow,
    SubscriptionTold,
    periods_of,
    subscription_of_service,
)
from hostkeep.subscriptions.rules.add_ons import ADDED, TAKEN_OFF
from hostkeep.subscriptions.rules.agreeing import LONGEST_TITLE, Agreed
from hostkeep.subscriptions.rules.changing import TIME_TO_PAY, Change, GivenBack, InTerm, Wanted
from hostkeep.subscriptions.rules.states import RENEWS
from hostkeep.vault.column_door import use_columns

BILLING = PurposeId("billing")
SERVICE = PurposeId("service")
AT_ONCE = 200
A_MOMENT = timedelta(minutes=1)
"""For so long whoever asked for a change still makes its invoice."""

ToMake = tuple[ChangeRow, tuple[str, str], Mapping[str, str]]
"""A change, title and product of what is had since, and its sizes."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that can be had in place of what is had.

    change  what it comes to now, as the brand's prices are
    gross   what is to be paid with tax, or less than nothing: what is given back with tax
    beside  what becomes of add-ons
    ends_discount  whether the discount that is had is not good for it, and ends with the change
    """

    move: MoveRow
    change: Change
    gross: Money
    beside: Beside
    ends_discount: bool = False

    @property
    def given(self) -> Money:
        """What is given back, with tax."""
        return -self.gross

    @property
    def expected(self) -> int:
        """What a page hands back to `ask`."""
        return self.change.turn.due.minor


def offers(act: Act, *, of: AccountId, service: ServiceId, language: str) -> tuple[Offer, ...]:
    """Return what an account can have in place of a service, and what each comes to now.

    Nothing for one that does not go on.  Raises NoSuchSubscription.
    """
    row = own(act, of, service)
    if row.state not in RENEWS:
        return ()
    told = told_of(act, row)
    ground = ground_of(act, row, product=told.told.product)
    moves, found = _moves(row, told, language), []
    kept, ends = kept_of(act, told, moves), promoting.ends_with(row)
    before = earlier_of(act, told, kept, moves, language)
    for move in moves:
        beside = kept.beside(move)
        try:
            wanted = _wanted(move, told, beside, before.of(move, beside), ends_discount=ends(move))
            reckoned = _reckoned(act, row, wanted)
        except (SameAsNow, NoSuchMove):
            continue
        gross = _gross(act, of, move.product, reckoned, ground)
        found.append(Offer(move, reckoned, gross, beside, wanted.ends_discount))
    return tuple(found)


def ask(
    act: Act, *, of: AccountId, service: ServiceId, wish: tuple[str, str, Mapping[str, str]], expected: int,
    once: str,
) -> Asked:  # fmt: skip
    """Ask for a change that was offered.

    wish      product, plan and choices
    expected  what the page showed, in minor units as the brand's prices are; less than nothing is given back
    once      idempotency key, at most 64 characters

    Of one that costs more the invoice is made; one that costs less holds at once and gives credit.
    Raises NoSuchSubscription, NoSuchMove (no longer offered), ChangeWaits, SameAsNow, BadPrice, PeriodUnpaid
    (less is wanted of a time that is billed and not paid: nothing of it can be given back).
    """
    row = own(act, of, service)
    told = told_of(act, row)
    product, plan, choices = wish
    language = account_row(of).language or brand(act.brand).languages[0]
    moves = _moves(row, told, language)
    move = next(
        (m for m in moves if (m.product, m.plan, dict(m.choices)) == (product, plan, dict(choices))), None
    )
    if move is None:
        raise NoSuchMove(state=row.state, move="change")
    kept, ends = kept_of(act, told, [move]), promoting.ends_with(row)(move)
    beside, before = kept.beside(move), earlier_of(act, told, kept, moves, language)
    wanted = _wanted(move, told, beside, before.of(move, beside), ends_discount=ends)
    back: tuple[GivenBack, ...] = ()
    if expected < 0:
        demand_paid(act, row.id, of)
        ground = ground_of(act, row, product=told.told.product)
        back = back_of(ground, _reckoned(act, row, wanted))
    asked = ask_change(
        act, subscription=row.id, of=of, wanted=wanted, expected=Money(expected, row.price.currency),
        back=back, once=once,
    )  # fmt: skip
    settle(act, asked.id)
    return asked


def demand_paid(act: Act, subscription: UUID, of: AccountId) -> None:
    """Refuse where a period that is not over is billed and not paid.  Raises PeriodUnpaid."""
    for each in periods_of(subscription):
        if each.invoice is None or each.period.end <= act.at:
            continue
        if not sheet(InvoiceId(each.invoice), of=of).is_paid:
            raise PeriodUnpaid(invoice=str(each.invoice))
    for late in late_invoices(subscription):
        if sheet(late, of=of).owed.minor > 0:
            raise PeriodUnpaid(invoice=str(late))


def settle(act: Act, change_id: UUID) -> None:
    """Make a change's invoice, or give what it gives back.  What is done already stays as it is."""
    row = change(change_id)
    if row is None:
        return
    under = act.of_brand(row.brand).in_role("system").for_purpose(BILLING)
    if row.state == "waiting" and row.kind in PAID_FIRST and row.invoice is None:
        invoice = issue(under, row)
        try:
            attach_invoice(under, change=row.id, invoice=invoice)
        except NoSuchChange:  # dropped while its invoice was made
            _take_invoice_back(under, row)
    if row.state == "done" and row.back.minor:
        back = use_columns(
            under.for_purpose(SERVICE), wishes=[row.wish], fn=lambda told: row.back_of(there_of(told))
        )
        give_back(under, row.id, back, of=row.account)


def take_back(act: Act, *, of: AccountId, service: ServiceId) -> Settled:
    """Take back a change that waits; nobody has to pay for it.  Raises NoSuchSubscription, NoSuchChange."""
    row = waiting_change(own(act, of, service).id)
    if row is None:
        raise NoSuchChange
    return _drop(act, row)


def on_invoice_paid(act: Act, event: InvoicePaid) -> None:
    """Make so what was paid for.  What was dropped before stays dropped: its credit note gave it back."""
    row = change_paid_by(event.invoice)
    if row is not None:
        complete_change(act.of_brand(row.brand).for_purpose(SERVICE), change=row.id, bill_late=bill_late)


def on_subscription_changed(act: Act, event: SubscriptionChanged) -> None:
    """Have the service made what its owner has now, and give what is given back.

    Another change may hold by the time that this is heard: where the newest tells no sizes, those of an older
    one come first.  What was asked of the driver is not asked again.
    """
    rows = done_changes(event.subscription)
    if not rows:
        return
    for each in gave_back(event.subscription):  # what was cut off before it was given, too
        if invoice_by_once(f"back:{each.id}:0") is None:
            settle(act, each.id)
    under = act.of_brand(rows[0].brand).in_role("system").for_purpose(SERVICE)
    for row, what, spec in _to_make(under, rows):
        once = f"change:{row.id}"
        make_so(under, of=row.service, subscription=row.subscription, what=what, spec=spec, once=once)


def _to_make(act: Act, rows: Sequence[ChangeRow]) -> list[ToMake]:
    """Return the newest change, and before it the newest that tells sizes where it tells none.

    rows  newest first
    """
    made = list[ToMake]()
    for row in rows:
        if made and row.kind in {ADDED, TAKEN_OFF}:
            continue
        what, spec = _what_of(act, row)
        if spec or not made:
            made.insert(0, (row, what, spec))
        if spec:
            break
    return made


def on_subscription_over(act: Act, event: SubscriptionEnding | SubscriptionEnded) -> None:
    """Take back the invoice of a change that was dropped because its subscription ends."""
    for row in dropped_with_invoice(event.subscription):
        _take_invoice_back(act.of_brand(row.brand), row)


def sweep_due(act: Act) -> int:
    """Take up changes whose term begins, that were cut off, or were not paid in time; return how many.

    One that goes wrong does not stop the next.
    """
    return (
        _round(act, lambda most: due_changes(act.at, first=most), _begin)
        + _round(act, lambda most: unpaid_since(act.at - TIME_TO_PAY, first=most), _drop)
        + _round(act, lambda most: unbilled_since(act.at - A_MOMENT, first=most), _settle)
    )


def _round(
    act: Act, read: Callable[[int], Sequence[ChangeRow]], do: Callable[[Act, ChangeRow], object]
) -> int:
    """Do one thing with each change that is due for it; return with how many it went well."""
    due = each_once(read, key=lambda row: row.id, page=AT_ONCE)
    under = act.in_role("system").for_purpose(SERVICE)
    done = go_through(
        act, due, lambda row: do(under.of_brand(row.brand), row), event="change.failed",
        about=lambda row: row.id,
    )  # fmt: skip
    return len(done)


def _begin(act: Act, row: ChangeRow) -> None:
    """Let a term hold: its next period is to be billed."""
    complete_change(act, change=row.id, bill_late=bill_late)


def _settle(act: Act, row: ChangeRow) -> None:
    """Make the invoice of a change that was cut off before."""
    settle(act, row.id)


def _drop(act: Act, row: ChangeRow) -> Settled:
    """Drop a waiting change and take back what was billed for it: both or neither."""
    with transaction.atomic():
        dropped = drop_change(act, change=row.id)
        if dropped.state == "dropped":
            _take_invoice_back(act, row)
    return dropped


def _take_invoice_back(act: Act, row: ChangeRow) -> None:
    """Take back what was billed for a change that was dropped; once, however often it is asked for."""
    invoice = row.invoice or invoice_by_once(f"change:{row.id}")
    if invoice is not None:
        taking_back.take_back(act, invoice=invoice, once=f"change:{row.id}:dropped")


def _gross(act: Act, of: AccountId, product: str, change: Change, ground: Ground) -> Money:
    """Return what a change comes to with tax: at today's to pay, at that of its lines to be given back."""
    if change.due.minor == 0:
        return -gross_of(ground, back_of(ground, change), change.due)
    return gross_of_dues(act, of, [each.turn.due for each in change.shares if each.turn.due.minor], product)


def _moves(row: SubscriptionRow, told: SubscriptionTold, language: str) -> tuple[MoveRow, ...]:
    """Return what the catalogue offers in place of what is had."""
    what = told.told
    return moves_from(
        row.brand, what.product, what.choices, plan=what.plan, currency=row.price.currency.code,
        language=language,
    )  # fmt: skip


def _reckoned(act: Act, row: SubscriptionRow, wanted: Wanted) -> Change:
    """Return what a change comes to now.  Raises SameAsNow, NoSuchMove."""
    return preview(
        act, row.id, of=row.account, wanted=wanted.agreed, keeps=wanted.keeps, earlier=wanted.earlier
    )


def _wanted(
    move: MoveRow, told: SubscriptionTold, beside: Beside, earlier: Mapping[Term, InTerm], *,
    ends_discount: bool,
) -> Wanted:  # fmt: skip
    """Return an offer as it would be agreed on.  earlier: what it comes to for terms that run out."""
    title = (move.title or told.told.title)[:LONGEST_TITLE]
    agreed = Agreed(
        move.product, move.plan, title, dict(move.choices), move.term, move.price
    )
    return Wanted(agreed, dict(move.spec), beside.keeps, ends_discount, earlier)


def _what_of(act: Act, row: ChangeRow) -> tuple[tuple[str, str], Mapping[str, str]]:
    """Return title, product and sizes of what is had since a change; of an add-on, those that were before.

    Raises NoSuchChange, NoSuchSubscription where it is erased.
    """
    if row.kind in {ADDED, TAKEN_OFF}:
        return ("", had_of(act, row).told.product), {}
    wanted = use_columns(act, wishes=[row.wish], fn=lambda told: row.wanted_of(there_of(told)))
    return (wanted.agreed.title, wanted.agreed.product), wanted.spec


def own(act: Act, of: AccountId, service: ServiceId) -> SubscriptionRow:
    """Return the subscription of an account's service at act.brand.  Raises NoSuchSubscription."""
    row = subscription_of_service(service, of=of)
    if row.brand != act.brand:
        raise NoSuchSubscription
    return row
