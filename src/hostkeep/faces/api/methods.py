"""Ways to pay that a gateway keeps: listed, asked for, chosen, removed."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from hostkeep.billing.queries.methods import MethodTold, methods_of
from hostkeep.drivers.payments import Waiting
from hostkeep.faces.api.keyed import Needs, account_of_key, act_of_key
from hostkeep.faces.api.shapes import Slug, Told
from hostkeep.faces.ui.paying_links import method_links
from hostkeep.faces.ui.telling import told
from hostkeep.flows import storing

router = Router()

BILLING = "billing"


class Method(Schema):
    """A way to pay that is kept.

    preferred   whether it is the one that is charged
    expires_on  its last day
    """

    id: UUID
    gateway: str
    label: str
    preferred: bool
    expires_on: date | None


class Methods(Schema):
    """What the account keeps, the preferred one first."""

    items: list[Method]


class KeepTold(Told):
    """By which gateway to keep one."""

    gateway: Slug


class Keeping(Schema):
    """A way to pay that was asked for.

    visit  where its owner leaves it, or null if the gateway did not answer
    """

    method: UUID
    visit: str | None


class MethodState(Schema):
    """How one stands.  state: "waiting", "ready" or "ended"."""

    method: UUID
    state: str


@router.get("", response=Methods, auth=Needs("invoices:read"), operation_id="list_payment_methods")
def list_methods(request: HttpRequest) -> Methods:
    """List what the account keeps."""
    act, account = act_of_key(request, BILLING), account_of_key(request)
    rows = told(act, methods_of(account.id, brand=act.brand))
    return Methods(items=[_method(row) for row in rows])


@router.post("", response=Keeping, auth=Needs("invoices:pay"), operation_id="keep_payment_method")
def keep(request: HttpRequest, told: KeepTold) -> Keeping:
    """Ask a gateway to keep one: the answer says where its owner leaves it."""
    asked = storing.keep_method(
        act_of_key(request, BILLING), of=account_of_key(request).id, gateway=told.gateway,
        links=method_links(request),
    )  # fmt: skip
    visit = asked.keeping.visit if isinstance(asked.keeping, Waiting) else None
    return Keeping(method=asked.method, visit=visit)


@router.post(
    "/{uuid:method}/look-up",
    response=MethodState,
    auth=Needs("invoices:pay"),
    operation_id="look_up_payment_method",
)
def look_up(request: HttpRequest, method: UUID) -> MethodState:
    """Ask the gateway what was left, where we do not know yet."""
    act = act_of_key(request, BILLING)
    state = storing.look_up_method(act, of=account_of_key(request).id, method=method)
    return MethodState(method=method, state=state)


@router.put(
    "/{uuid:method}/preferred",
    response={204: None},
    auth=Needs("invoices:pay"),
    operation_id="prefer_payment_method",
)
def prefer(request: HttpRequest, method: UUID) -> HttpResponse:
    """Let it be the one that is charged."""
    storing.choose_method(act_of_key(request, BILLING), of=account_of_key(request).id, method=method)
    return HttpResponse(status=204)


@router.delete(
    "/{uuid:method}", response={204: None}, auth=Needs("invoices:pay"), operation_id="remove_payment_method"
)
def remove(request: HttpRequest, method: UUID) -> HttpResponse:
    """Remove it: it is charged no more, and the gateway lets go of it."""
    storing.drop_method(act_of_key(request, BILLING), of=account_of_key(request).id, method=method)
    return HttpResponse(status=204)


def _method(row: MethodTold) -> Method:
    """Show one."""
    return Method(
        id=row.id, gateway=row.gateway, label=row.label, preferred=row.preferred, expires_on=row.expires_on
    )  # fmt: skip
