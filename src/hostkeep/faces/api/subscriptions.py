"""What recurs: the term and price of a service, what it can be changed into, and its end."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.responses import Status
from pydantic import Field

from hostkeep.faces.api.door import once_of
from hostkeep.faces.api.keyed import Needs, account_of_key, act_of_key
from hostkeep.faces.api.shapes import Amount, Slug, Term, Told, amount, term
from hostkeep.faces.ui.next_terms import next_term_of
from hostkeep.flows import aligning, cancelling, changing
from hostkeep.kernel.ids import ServiceId
from hostkeep.people.rules.tokens import hash_of
from hostkeep.subscriptions.queries.changes import waiting_change
from hostkeep.subscriptions.queries.next_terms import NextTerm as Found
from hostkeep.subscriptions.queries.subscriptions import SubscriptionRow, subscription_of_service

router = Router()

SERVICE = "service"


class Pending(Schema):
    """A change that waits.  kind: upgrade, term or add_on.  invoice: what it is paid by."""

    kind: str
    invoice: UUID | None
    effective_at: datetime


class NextTerm(Schema):
    """Another term that follows the one that runs.

    begins  when the one that runs is over
    runs    the one that runs until then
    term    the one that comes, or null where what was agreed on is erased
    price   of a whole one, as the brand's prices are: the plan alone where it is only agreed on
    billed  whether it is billed already: then it is what the subscription says as its own term, too
    """

    begins: datetime
    runs: Term
    term: Term | None
    price: Amount | None
    billed: bool


class Subscription(Schema):
    """What recurs for a service.

    state      waiting, trial, active, ending or ended
    term       of the periods that are still to be billed, unless next_term says that another one comes
    price      of a whole term, as the brand's prices are
    next_term  another term that is agreed on, or that is billed while the one before it runs out; else null
    billed_to  the end of what is billed
    renew_at   when the next invoice is made, or null
    ends_at    when it ends, where that is set
    """

    state: str
    term: Term
    price: Amount
    billed_to: datetime
    renew_at: datetime | None
    ends_at: datetime | None
    trial_to: datetime | None
    price_locked_until: datetime | None
    next_term: NextTerm | None
    change: Pending | None


class Offer(Schema):
    """Something that can be had instead.

    kind     upgrade (paid before it holds), downgrade (holds at once, gives credit) or term (from the next
             period)
    price    of a whole term; due: what it comes to now, less than nothing where it is given back; both as the
             brand's prices are
    gross    what it comes to now with tax
    add_ons_kept, add_ons_dropped  what becomes of add-ons, by what they are called
    ends_discount  whether the promo code that takes something off is not good for it: its discount ends then
    """

    product: str
    plan: str
    choices: dict[str, str]
    name: str
    kind: str
    term: Term
    price: Amount
    due: Amount
    gross: Amount
    effective_at: datetime
    add_ons_kept: list[str]
    add_ons_dropped: list[str]
    ends_discount: bool


class ChangeWish(Told):
    """A change that was offered.  expected: the offer's due, in minor units."""

    product: Slug
    plan: Slug
    choices: dict[Slug, Slug] = Field(default_factory=dict, max_length=30)
    expected: int = Field(ge=-(10**15), le=10**15)


class ChangeAsked(Schema):
    """A change that was asked for.  kind: as offered, or add_on, add_on_off.  state: waiting or done."""

    kind: str
    state: str
    invoice: UUID | None


class BroughtSeen(Told):
    """A service as the preview showed it.  price: in minor units."""

    service: UUID
    until: datetime
    price: int = Field(ge=0, le=10**15)


class Brought(Schema):
    """A service as it would be brought to a day of the month.

    billed_to  from where its next period is cut short; until: where that ends, on the day
    price      what that costs, as the brand's prices are; then: what each whole term after it does
    """

    service: UUID
    billed_to: datetime
    until: datetime
    price: Amount
    then: Amount


class DayWish(Told):
    """A day of the month that services are brought to.  services: those of the preview that are meant."""

    day: int = Field(ge=1, le=31)
    services: list[BroughtSeen] = Field(min_length=1, max_length=500)


class Moved(Schema):
    """How many services were brought to a day; those that were there are not among them."""

    moved: int


class End(Schema):
    """A subscription's end.  ends_at: null where none is set."""

    state: str
    ends_at: datetime | None


@router.get(
    "/{uuid:service}/subscription",
    response=Subscription,
    auth=Needs("services:read"),
    operation_id="get_subscription",
)
def get_subscription(request: HttpRequest, service: UUID) -> Subscription:
    """Show what recurs for a service.  One that was bought once, and another account's, have none."""
    return _subscription(request, service)


@router.get(
    "/{uuid:service}/offers", response=list[Offer], auth=Needs("services:read"), operation_id="list_offers"
)
def list_offers(request: HttpRequest, service: UUID) -> list[Offer]:
    """List what a service can be changed into, and what each would come to now."""
    row, account = _row(request, service), account_of_key(request)
    act = act_of_key(request, SERVICE)
    found = changing.offers(act, of=row.account, service=row.service, language=account.language or "en")
    return [_offer(each) for each in found]


@router.post(
    "/{uuid:service}/change",
    response={202: ChangeAsked},
    auth=Needs("services:write"),
    operation_id="change_service",
)
def post_change(request: HttpRequest, service: UUID, wish: ChangeWish) -> Status[ChangeAsked]:
    """Ask for a change that was offered.  One that comes to something else by now is refused."""
    row = _row(request, service)
    act = act_of_key(request, SERVICE)
    said = once_of(request) or f"{row.id}:{wish.product}:{wish.plan}:{act.at.isoformat()}"
    asked = changing.ask(
        act, of=row.account, service=row.service, wish=(wish.product, wish.plan, wish.choices),
        expected=wish.expected, once=hash_of(f"{row.account}:{said}")[:64],
    )  # fmt: skip
    waits = waiting_change(row.id)
    return Status(
        202, ChangeAsked(kind=asked.kind, state=asked.state, invoice=waits.invoice if waits else None)
    )


@router.delete(
    "/{uuid:service}/change",
    response=Subscription,
    auth=Needs("services:write"),
    operation_id="take_change_back",
)
def delete_change(request: HttpRequest, service: UUID) -> Subscription:
    """Take back a change that waits; its invoice is owed by nobody."""
    row = _row(request, service)
    changing.take_back(act_of_key(request, SERVICE), of=row.account, service=row.service)
    return _subscription(request, service)


@router.get(
    "/day/{int:day}", response=list[Brought], auth=Needs("services:read"), operation_id="preview_day"
)
def get_day(request: HttpRequest, day: int) -> list[Brought]:
    """Show what bringing the account's services to a day of the month would come to."""
    found = aligning.preview(account_of_key(request).id, day=day)
    return [
        Brought(
            service=each.row.service, billed_to=each.row.billed_to, until=each.stub.end,
            price=amount(each.price), then=amount(each.row.price),
        )
        for each in found
    ]  # fmt: skip


@router.post("/day", response=Moved, auth=Needs("services:write"), operation_id="bring_to_day")
def post_day(request: HttpRequest, wish: DayWish) -> Moved:
    """Bring services to a day of the month, as the preview showed them or not at all.  Nothing is billed."""
    act, account = act_of_key(request, SERVICE), account_of_key(request).id
    seen = {_row(request, each.service).id: (each.until, each.price) for each in wish.services}
    return Moved(moved=aligning.bring(act, of=account, day=wish.day, seen=seen))


@router.post(
    "/{uuid:service}/cancel", response=End, auth=Needs("services:write"), operation_id="cancel_service"
)
def post_cancel(request: HttpRequest, service: UUID) -> End:
    """Let a service run for what was paid, and end then.  Ending it now, with its content, has a page."""
    row = _row(request, service)
    done = cancelling.cancel_at_end(act_of_key(request, SERVICE), of=row.account, service=row.service)
    return End(state=done.state, ends_at=done.ends_at)


@router.delete(
    "/{uuid:service}/cancel", response=End, auth=Needs("services:write"), operation_id="keep_service"
)
def delete_cancel(request: HttpRequest, service: UUID) -> End:
    """Take back a cancellation that has not come to pass."""
    row = _row(request, service)
    done = cancelling.keep(act_of_key(request, SERVICE), of=row.account, service=row.service)
    return End(state=done.state, ends_at=done.ends_at)


def _row(request: HttpRequest, service: UUID) -> SubscriptionRow:
    """Return the subscription of a service of the key's account.  Raises NoSuchSubscription."""
    return subscription_of_service(ServiceId(service), of=account_of_key(request).id)


def _subscription(request: HttpRequest, service: UUID) -> Subscription:
    """Show a subscription.  Raises NoSuchSubscription."""
    row = _row(request, service)
    waits = waiting_change(row.id)
    after = next_term_of(act_of_key(request, SERVICE), row, waits)
    return Subscription(
        state=row.state.value, term=term(row.calendar.term), price=amount(row.price),
        billed_to=row.billed_to, renew_at=row.renew_at, ends_at=row.ends_at, trial_to=row.trial_to,
        price_locked_until=row.locked_until, next_term=_next_term(after) if after else None,
        change=Pending(kind=waits.kind, invoice=waits.invoice, effective_at=waits.effective_at)
        if waits
        else None,
    )  # fmt: skip


def _next_term(found: Found) -> NextTerm:
    """Show a term that follows."""
    return NextTerm(
        begins=found.begins, runs=term(found.runs), term=term(found.term) if found.term is not None else None,
        price=amount(found.price) if found.price is not None else None, billed=found.billed,
    )  # fmt: skip


def _offer(offer: changing.Offer) -> Offer:
    """Show an offer."""
    move, change = offer.move, offer.change
    return Offer(
        product=move.product, plan=move.plan, choices=dict(move.choices), name=move.name, kind=change.kind,
        term=term(move.term), price=amount(move.price), due=amount(change.turn.due),
        gross=amount(offer.gross), effective_at=change.effective_at,
        add_ons_kept=[each.title for each in offer.beside.stays], add_ons_dropped=list(offer.beside.goes),
        ends_discount=offer.ends_discount,
    )  # fmt: skip
