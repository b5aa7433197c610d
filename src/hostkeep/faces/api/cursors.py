"""Lists in pages: a signed cursor that says where the next page begins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from django.core import signing
from django.http import HttpRequest
from ninja import Field, Query, Schema

from hostkeep.faces.api.keyed import key_of
from hostkeep.faces.api.refusals import BadCursor

T = TypeVar("T")
R = TypeVar("R")

MOST = 100
USUAL = 25
LONGEST = 300


class Wanted(Schema):
    """Which page of a list.

    limit   how many at most
    cursor  `next` of the page before, or nothing for the first
    """

    limit: int = Field(USUAL, ge=1, le=MOST)
    cursor: str = Field("", max_length=LONGEST)


PageQuery = Annotated[Wanted, Query()]


class Page(Schema, Generic[T]):
    """A page of a list, newest first.  next: the cursor of the page after it, or null at the end."""

    items: list[T]
    next: str | None


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a list that is sorted by time and id, newest first."""

    at: datetime
    id: UUID

    def before(self, at: datetime, id_: UUID) -> bool:
        """Whether a thing comes after this place in the list."""
        return (at, id_) < (self.at, self.id)


def position_of(request: HttpRequest, wanted: Wanted, name: str) -> Position | None:
    """Return where a page begins, or None for the first.

    name  of the list; a cursor is good for this list of this account alone
    Raises BadCursor.
    """
    if not wanted.cursor:
        return None
    try:
        at, number = signing.loads(wanted.cursor, salt=_salt(request, name))
        return Position(datetime.fromisoformat(at), UUID(number))
    except (signing.BadSignature, ValueError, TypeError):
        raise BadCursor from None


def page_of(
    request: HttpRequest,
    wanted: Wanted,
    name: str,
    rows: Sequence[R],
    place: Callable[[R], Position],
) -> tuple[Sequence[R], str | None]:
    """Return the rows of a page and the cursor of the next one, which the Link header names too.

    rows   one more than the page holds, where there is a next one
    place  where a row stands
    Source of the header: RFC 8288.
    """
    shown = rows[: wanted.limit]
    if len(rows) <= wanted.limit:
        return shown, None
    last = place(shown[-1])
    cursor = signing.dumps([last.at.isoformat(), str(last.id)], salt=_salt(request, name))
    query = urlencode({"limit": wanted.limit, "cursor": cursor})
    heads(request)["Link"] = f'<{request.path}?{query}>; rel="next"'
    return shown, cursor


def heads(request: HttpRequest) -> dict[str, str]:
    """Return the headers that the door adds to the answer of a call."""
    if not hasattr(request, "api_heads"):
        request.api_heads = {}  # type: ignore[attr-defined]
    found: dict[str, str] = request.api_heads  # type: ignore[attr-defined]
    return found


def _salt(request: HttpRequest, name: str) -> Any:
    """Bind a cursor to a list and to whose it is."""
    return f"api:{name}:{key_of(request).account}"
