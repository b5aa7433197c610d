"""The keys of a login: listed and ended.  They are made on the pages alone, after signing in anew."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from hostkeep.faces.api.keyed import Needs, act_of_key, key_of
from hostkeep.people.actions.keys import end_key, end_keys
from hostkeep.people.errors import NoSuchKey
from hostkeep.people.queries import KeyRow, keys_of

router = Router()

SIGN_IN = "authentication"


class Key(Schema):
    """A key, without its secret.  this: whether it is the one that asks.  used_on: day of its last call."""

    id: UUID
    number: int
    prefix: str
    role: str
    scopes: list[str]
    made_at: datetime
    expires_at: datetime | None
    used_on: date | None
    ended_at: datetime | None
    this: bool


class Keys(Schema):
    """Every key of the login at this brand, newest first."""

    items: list[Key]


@router.get("", response=Keys, auth=Needs("keys:read"), operation_id="list_keys")
def list_keys(request: HttpRequest) -> Keys:
    """List the keys of the login that this key belongs to, ended ones too."""
    mine = key_of(request)
    return Keys(items=[_key(row, mine) for row in keys_of(mine.user) if row.brand == mine.brand])


@router.delete("", response={204: None}, auth=Needs("keys:write"), operation_id="end_keys")
def delete_keys(request: HttpRequest) -> HttpResponse:
    """End every key of the login, this one too."""
    end_keys(act_of_key(request, SIGN_IN), user=key_of(request).user)
    return HttpResponse(status=204)


@router.delete("/{uuid:key}", response={204: None}, auth=Needs("keys:write"), operation_id="end_key")
def delete_key(request: HttpRequest, key: UUID) -> HttpResponse:
    """End one key, at once.  Another login's does not exist."""
    mine = key_of(request)
    if key not in {row.id for row in keys_of(mine.user) if row.brand == mine.brand}:
        raise NoSuchKey
    end_key(act_of_key(request, SIGN_IN), user=mine.user, key=key)
    return HttpResponse(status=204)


def _key(row: KeyRow, mine: KeyRow) -> Key:
    """Show a key."""
    return Key(
        id=row.id, number=row.number, prefix=row.prefix, role=row.role, scopes=sorted(row.scopes),
        made_at=row.made_at, expires_at=row.expires_at, used_on=row.used_on, ended_at=row.ended_at,
        this=row.id == mine.id,
    )  # fmt: skip
