"""Add-ons of a service: what it has, what can be had, one more, one taken off."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.responses import Status
from pydantic import Field

from hostkeep.faces.api.door import once_of
from hostkeep.faces.api.keyed import Needs, account_of_key, act_of_key
from hostkeep.faces.api.shapes import Amount, Slug, Told, amount
from hostkeep.faces.api.subscriptions import ChangeAsked
from hostkeep.faces.ui import telling
from hostkeep.faces.ui.pages import language_of
from hostkeep.flows import add_ons as flow
from hostkeep.kernel.ids import AccountId, ServiceId
from hostkeep.people.rules.tokens import hash_of
from hostkeep.shop.errors import NoSuchAddOn as NotOffered
from hostkeep.subscriptions.errors import NoSuchAddOn, NoSuchMove, TooManyAddOns
from hostkeep.subscriptions.queries.add_ons import AddOnTold, add_ons_of
from hostkeep.subscriptions.queries.changes import waiting_change
from hostkeep.subscriptions.queries.subscriptions import subscription_of_service
from hostkeep.subscriptions.rules.agreeing import MOST_PIECES

router = Router()

SERVICE = "service"


class AddOnHad(Schema):
    """An add-on that a service has or had.

    price     one piece for a whole term, as agreed; of what was bought once: what it cost
    recurs    whether it is billed each term
    ended_at  null while it holds
    """

    slug: str
    title: str
    pieces: int
    price: Amount
    recurs: bool
    started_at: datetime
    ended_at: datetime | None


class AddOnOffer(Schema):
    """An add-on that can be had beside a service.

    price  one piece for a whole term; once: one piece, with the first bill; as the brand's prices are
    had    how many the service has; room: how many more it may have
    """

    slug: str
    name: str
    blurb: str
    price: Amount
    once: Amount
    recurs: bool
    had: int
    room: int


class ServiceAddOns(Schema):
    """The add-ons of a service, and what can be had beside it."""

    had: list[AddOnHad]
    offers: list[AddOnOffer]


class AddOnPriced(Schema):
    """What so many pieces come to now.

    price  of all for a whole term
    due    to be paid now, or less than nothing: given back; as the brand's prices are.  gross: with tax
    """

    pieces: int
    price: Amount
    due: Amount
    gross: Amount


class AddOnMoves(Schema):
    """What more of an add-on would cost now, and what less of it would give back; null: it cannot be."""

    more: AddOnPriced | None
    less: AddOnPriced | None


class AddOnWish(Told):
    """An add-on that was offered.  expected: its due as it was shown, in minor units."""

    add_on: Slug
    pieces: int = Field(1, ge=1, le=MOST_PIECES)
    expected: int = Field(ge=0, le=10**15)


class AddOnLess(Told):
    """How many pieces are taken off.  expected: the due as it was shown, in minor units."""

    pieces: int = Field(1, ge=1, le=MOST_PIECES)
    expected: int = Field(ge=-(10**15), le=0)


@router.get(
    "/{uuid:service}/add-ons",
    response=ServiceAddOns,
    auth=Needs("services:read"),
    operation_id="list_add_ons",
)
def get_add_ons(request: HttpRequest, service: UUID) -> ServiceAddOns:
    """List the add-ons of a service, and what can be had beside it."""
    act, of = act_of_key(request, SERVICE), _account(request)
    row = subscription_of_service(ServiceId(service), of=of)
    offers = flow.offers(act, of=of, service=row.service, language=language_of(request))
    had = telling.told(act, add_ons_of(row.id))
    return ServiceAddOns(had=[_had(each) for each in had], offers=[_offer(each) for each in offers])


@router.get(
    "/{uuid:service}/add-ons/{add_on}",
    response=AddOnMoves,
    auth=Needs("services:read"),
    operation_id="price_add_on",
)
def get_add_on(request: HttpRequest, service: UUID, add_on: Slug, pieces: int = 1) -> AddOnMoves:
    """Say what so many pieces more would cost now, and what so many less would give back."""
    act, of, wish = act_of_key(request, SERVICE), _account(request), (add_on, pieces)
    try:
        more = _priced(
            flow.quote_more(act, of=of, service=ServiceId(service), wish=wish, language=language_of(request))
        )
    except (NotOffered, NoSuchMove, TooManyAddOns):
        more = None
    try:
        less = _priced(flow.quote_less(act, of=of, service=ServiceId(service), wish=wish))
    except (NoSuchAddOn, NoSuchMove):
        less = None
    return AddOnMoves(more=more, less=less)


@router.post(
    "/{uuid:service}/add-ons",
    response={202: ChangeAsked},
    auth=Needs("services:write"),
    operation_id="add_add_on",
)
def post_add_on(request: HttpRequest, service: UUID, wish: AddOnWish) -> Status[ChangeAsked]:
    """Ask for an add-on.  Its invoice is made at once, and it holds when that is paid."""
    act, of = act_of_key(request, SERVICE), _account(request)
    asked = flow.add(
        act, of=of, service=ServiceId(service), wish=(wish.add_on, wish.pieces), expected=wish.expected,
        once=_once(request, of, f"{service}:{wish.add_on}:{act.at.isoformat()}"),
    )  # fmt: skip
    waits = waiting_change(subscription_of_service(ServiceId(service), of=of).id)
    invoice = waits.invoice if waits else None
    return Status(202, ChangeAsked(kind=asked.kind, state=asked.state, invoice=invoice))


@router.post(
    "/{uuid:service}/add-ons/{add_on}/take-off",
    response=ChangeAsked,
    auth=Needs("services:write"),
    operation_id="take_off_add_on",
)
def post_less(request: HttpRequest, service: UUID, add_on: Slug, wish: AddOnLess) -> ChangeAsked:
    """Take an add-on off now.  What is left of its price is the account's credit."""
    act, of = act_of_key(request, SERVICE), _account(request)
    asked = flow.take_off(
        act, of=of, service=ServiceId(service), wish=(add_on, wish.pieces), expected=wish.expected,
        once=_once(request, of, f"{service}:{add_on}:off:{act.at.isoformat()}"),
    )  # fmt: skip
    return ChangeAsked(kind=asked.kind, state=asked.state, invoice=None)


def _account(request: HttpRequest) -> AccountId:
    """Return the account of a key."""
    return account_of_key(request).id


def _once(request: HttpRequest, of: AccountId, alone: str) -> str:
    """Return the key of a change: what the caller said, else one of this call alone."""
    return hash_of(f"{of}:{once_of(request) or alone}")[:64]


def _had(row: AddOnTold) -> AddOnHad:
    """Show an add-on that is or was had."""
    return AddOnHad(
        slug=row.slug, title=row.title, pieces=row.quantity, price=amount(row.unit), recurs=row.recurs,
        started_at=row.started_at, ended_at=row.ended_at,
    )  # fmt: skip


def _offer(offer: flow.Offer) -> AddOnOffer:
    """Show an add-on that can be had."""
    row = offer.row
    return AddOnOffer(
        slug=row.slug, name=row.name, blurb=row.blurb, price=amount(row.price), once=amount(row.once),
        recurs=row.recurs, had=offer.had, room=offer.room,
    )  # fmt: skip


def _priced(quote: flow.Quote) -> AddOnPriced:
    """Show what pieces come to."""
    return AddOnPriced(
        pieces=quote.quantity, price=amount(quote.price), due=amount(quote.due), gross=amount(quote.gross)
    )
