"""Objections and the restriction: what rests on our interest, and how it is stopped."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema

from hostkeep.brands.applying import policy_for
from hostkeep.faces.api.keyed import Needs, account_of_key, act_of_key
from hostkeep.faces.api.shapes import Told
from hostkeep.faces.ui.pages import language_of
from hostkeep.faces.ui.words import said
from hostkeep.kernel.ids import PurposeId
from hostkeep.policy.objection import objectable
from hostkeep.vault import objecting
from hostkeep.vault.objections import RESTRICTION, objections_of

router = Router()

Word40 = Annotated[str, Field(max_length=40)]
HOW, RIGHTS = "api", "rights"


class Use(Schema):
    """A use that can be objected to.  objected_at: since when it is stopped, or null."""

    purpose: str
    label: str
    objected_at: datetime | None


class Objections(Schema):
    """What can be stopped, and since when everything is restricted, or null."""

    restricted_at: datetime | None
    items: list[Use]


class Nothing(Told):
    """No member at all."""


class ObjectionTold(Told):
    """A use to stop."""

    purpose: str = Field(max_length=40)


@router.get("/objections", response=Objections, auth=Needs("account:read"), operation_id="list_objections")
def list_objections(request: HttpRequest) -> Objections:
    """List the uses of one's data that rest on our interest, and what is stopped."""
    act, language = act_of_key(request, RIGHTS), language_of(request)
    subject = account_of_key(request).subject
    standing = {row.purpose: row.at for row in objections_of(act, subject=subject) if row.ended_at is None}
    uses = objectable(policy_for(act.brand, subject, act.at))
    return Objections(
        restricted_at=standing.get(RESTRICTION),
        items=[
            Use(purpose=each.id, label=said(each.label, language), objected_at=standing.get(each.id))
            for each in uses
        ],
    )


@router.post("/objections", response={204: None}, auth=Needs("account:write"), operation_id="object")
def make_objection(request: HttpRequest, told: ObjectionTold) -> HttpResponse:
    """Stop one use, at once.  What the contract, the law or a claim needs cannot be stopped: 422."""
    objecting.object_to(
        act_of_key(request, RIGHTS),
        subject=account_of_key(request).subject,
        purpose=PurposeId(told.purpose),
        how=HOW,
    )
    return HttpResponse(status=204)


@router.delete(
    "/objections/{purpose}",
    response={204: None},
    auth=Needs("account:write"),
    operation_id="take_back_objection",
)
def take_back_objection(request: HttpRequest, purpose: Word40) -> HttpResponse:
    """Take an objection back."""
    return _take_back(request, PurposeId(purpose))


@router.put("/restriction", response={204: None}, auth=Needs("account:write"), operation_id="restrict")
def put_restriction(request: HttpRequest, told: Nothing | None = None) -> HttpResponse:
    """Stop every use that can be stopped.  There is nothing to say with it: no body, or an empty object."""
    del told
    objecting.restrict(act_of_key(request, RIGHTS), subject=account_of_key(request).subject, how=HOW)
    return HttpResponse(status=204)


@router.delete(
    "/restriction", response={204: None}, auth=Needs("account:write"), operation_id="lift_restriction"
)
def lift_restriction(request: HttpRequest) -> HttpResponse:
    """Lift the restriction."""
    return _take_back(request, RESTRICTION)


def _take_back(request: HttpRequest, purpose: PurposeId) -> HttpResponse:
    """End one that stands."""
    objecting.take_back(
        act_of_key(request, RIGHTS), subject=account_of_key(request).subject, purpose=purpose
    )
    return HttpResponse(status=204)
