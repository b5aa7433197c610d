"""What will happen to an account: the calendar and the renewals, played ahead on a clock of their own.

The same rules as the real runs, fed with what stands now; nothing is written, and nobody is asked.  What
nobody can know is assumed and said: whether invoices are paid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from hostkeep.billing.errors.documents import NoSuchInvoice
from hostkeep.billing.queries.dunned import spared_of
from hostkeep.billing.queries.dunning import chargeable_since, coming, open_of
from hostkeep.billing.rules.calendars import DAY, calendar_of
from hostkeep.billing.rules.dunning_steps import Kind, Step
from hostkeep.brands.queries import brand
from hostkeep.flows.overdue import Overdue, look
from hostkeep.flows.playing_ahead import Assumed, Bill, Coming, Play
from hostkeep.flows.renewing import products_of
from hostkeep.flows.taxing import taxing_of
from hostkeep.flows.use_ahead import UseAhead, uses_ahead
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, BrandId, InvoiceId, PurposeId
from hostkeep.kernel.money import Money
from hostkeep.kernel.period import months_after
from hostkeep.people.queries import account as account_row
from hostkeep.provisioning.queries import services_of
from hostkeep.provisioning.rules.lifecycle import State
from hostkeep.subscriptions.errors import DateOutOfReach
from hostkeep.subscriptions.queries.coming import with_what_comes
from hostkeep.subscriptions.queries.courses import CourseRow, courses_of

BILLING = PurposeId("billing")
MONTHS = 12

@dataclass(frozen=True, slots=True)
class Outlook:
    """What will happen by a time.  is_cut: there is more, but too much to list."""

    assumed: Assumed
    until: datetime
    events: tuple[Coming, ...]
    is_cut: bool = False


def preview(act: Act, account: AccountId, *, assumed: Assumed | None = None, months: int = MONTHS) -> Outlook:
    """Say what will happen to an account of act.brand in the next months, and do nothing.

    assumed  None: the stored method pays, where there is one; else nobody does
    months   1 to 24

    Prices are as agreed, and as announced from the period with which a new one begins.  A change that waits
    holds as the real runs make it so: another term from the next period, what is paid first once its invoice
    is paid; unpaid it is dropped.  Where the brand's
    tax depends on where the buyer is, the buyer's block is read through the door, as for an invoice.

    Use that is counted is in it as far as the policy lets act's role see it: one invoice a service, of what
    was used so far in the month that runs, with what that month comes to if it goes on like this beside it,
    which is the figure that the page of use tells.  Of the months after it nothing is foretold: nobody has
    used anything yet, and to carry a month on for a year would be made up.
    Raises NoSuchAccount, BadCalendar.
    """
    until = months_after(act.at, months)
    cases = [look(invoice, act.at) for invoice in open_of(account)]
    rows, uses = with_what_comes(act, courses_of(account)), uses_ahead(act, account)
    play = _set_up(act, account, cases, (rows, uses), assumed)
    try:
        whole = play.run(act.at, until)
    except DateOutOfReach:
        whole = False
    return Outlook(play.assumed, until, tuple(play.events), is_cut=not whole)


def preview_invoice(act: Act, invoice: InvoiceId, *, of: AccountId) -> tuple[Coming, ...]:
    """Say what follows on one unpaid invoice of an account if it stays open.

    Raises NoSuchInvoice, for another account's too.
    """
    case = look(invoice, act.at)
    if case.row.account != of:
        raise NoSuchInvoice
    play = _set_up(act, of, [case], ((), ()), "unpaid")
    play.run(act.at, months_after(act.at, MONTHS))
    return tuple(play.events)


@dataclass(frozen=True, slots=True)
class Today:
    """An invoice about which something is to be done soon.

    at         when, at the earliest
    is_paying  whether its payer may be at a gateway's page this moment: what is due waits for that, not long
    """

    id: InvoiceId
    brand: BrandId
    account: AccountId
    number: str
    owed: Money
    at: datetime
    steps: tuple[Step, ...]
    is_paying: bool


def today(act: Act, *, first: int = 200) -> tuple[Today, ...]:
    """Say what is to be done within a day, of all brands, if nobody pays before."""
    found = []
    for invoice in coming(act.at + DAY, first=first):
        seen = look(invoice, act.at)
        since, case = _page_left(seen, act.at), seen.without_page()
        at = since if case.steps(since) else case.next(since)
        steps = case.steps(at) if at is not None and at < act.at + DAY else ()
        if at is not None and any(not step.outcome for step in steps):
            row, is_paying = case.row, seen.facts.paying
            found.append(Today(row.id, row.brand, row.account, row.number, row.owed, at, steps, is_paying))
    return tuple(sorted(found, key=lambda each: each.at))


def _page_left(seen: Overdue, at: datetime) -> datetime:
    """Return from when what is due no longer waits for who is at a gateway's page: at once where nobody is.

    When the page that was opened last is over, or sooner when what is due has waited long enough.
    """
    over, again = seen.row.held_until, seen.next(at)
    if not seen.facts.paying or over is None or again is None or seen.steps(at):
        return at
    return min(over, again)


def _set_up(
    act: Act, account: AccountId, cases: Sequence[Overdue],
    to_bill: tuple[Sequence[CourseRow], Sequence[UseAhead]], assumed: Assumed | None,
) -> Play:  # fmt: skip
    """Make a play of what stands now.  to_bill: what recurs, and what was used and is not billed."""
    rows, uses = to_bill
    seller, since = brand(act.brand), chargeable_since(account)
    served = {row.id: row.service for row in rows} | {use.subscription: use.service for use in uses}
    products = products_of(act.in_role("system").for_purpose(BILLING), list(served.values()))
    play = Play(
        calendar=calendar_of(seller.words),
        assumed=assumed or ("card" if since else "unpaid"),
        zone=seller.zone,
        chargeable=since,
        spared=spared_of(account),
        states={row.id: row.state for row in services_of(account)},
        courses={row.service: row.course for row in rows if row.course.renew_at or row.course.waits},
        ends={row.service: row.ends_at for row in rows if row.ends_at is not None},
        taxing=taxing_of(act, account_row(account) if served else None),
        products={served[of]: product for of, product in products.items()},
        uses=list(uses),
    )
    for row in rows:
        play.states.setdefault(row.service, State.ACTIVE)
    waiting = {row.paid_by: row.service for row in rows if row.paid_by is not None}
    for case in cases:
        services = tuple(each.id for each in case.services)
        of = case.row
        bill = Bill(case.facts, list(of.done), of.owed, services, of.number, of.id, case.period)
        bill.drops = case.drops_at if case.facts.owed else None
        bill.makes = waiting.get(of.id)
        stop = max((each.at for each in of.done if each.kind == Kind.STOP), default=None)
        if stop is not None and case.facts.stopped:
            play.stopped |= dict.fromkeys(services, stop)
        bill.next = case.next(act.at)
        if case.steps(act.at):
            bill.next = act.at
        elif case.facts.paying:  # what a bank will say, and when, cannot be played; that a page is left can
            bill.next = of.held_until
        if case.facts.held:
            bill.next = None
        bill.facts = replace(case.facts, paying=False)
        play.bills.append(bill)
    return play
