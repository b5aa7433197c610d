"""Which messages the account's owner wants."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest
from ninja import Body, Router, Schema

from hostkeep.faces.api.account import policy_of
from hostkeep.faces.api.keyed import Needs, account_of_key, act_of_key
from hostkeep.faces.ui.pages import language_of
from hostkeep.faces.ui.profiles import ACCOUNT
from hostkeep.faces.ui.reading import UndeclaredField
from hostkeep.faces.ui.words import said
from hostkeep.messaging.actions.choosing import stop_stream, want_stream
from hostkeep.messaging.queries import preferences_of

router = Router()

StreamsTold = Annotated[dict[str, bool], Body(description="Streams by id; those left out stay as they are.")]


class Stream(Schema):
    """A stream of messages.  chosen: whether the owner said so; else it is the policy's default."""

    stream: str
    label: str
    wanted: bool
    can_stop: bool
    chosen: bool
    clause: str


class Streams(Schema):
    """All streams of the policy."""

    items: list[Stream]


@router.get("", response=Streams, auth=Needs("account:read"), operation_id="list_messages")
def list_messages(request: HttpRequest) -> Streams:
    """List the streams of messages and whether they are wanted."""
    rows = preferences_of(account_of_key(request).subject, policy=policy_of(request))
    return Streams(
        items=[
            Stream(
                stream=row.stream, label=said(row.label, language_of(request)), wanted=row.wanted,
                can_stop=row.can_stop, chosen=row.chosen, clause=row.clause,
            )
            for row in rows
        ]
    )  # fmt: skip


@router.patch("", response=Streams, auth=Needs("account:write"), operation_id="choose_messages")
def choose_messages(request: HttpRequest, told: StreamsTold) -> Streams:
    """Start or stop streams.  One that cannot be switched is refused with the clause on messages."""
    row, policy = account_of_key(request), policy_of(request)
    theirs = {each.stream: each for each in preferences_of(row.subject, policy=policy) if each.can_stop}
    for stream in told:
        if stream not in theirs:
            shown = stream if stream in policy.streams else "?"
            raise UndeclaredField(field=shown, clause=policy.closed_by.get("communicate", ""))
    act, language = act_of_key(request, ACCOUNT), language_of(request)
    for stream, wanted in told.items():
        if wanted != theirs[stream].wanted:
            deed = want_stream if wanted else stop_stream
            deed(act, subject=row.subject, stream=stream, how="api", language=language)
    return list_messages(request)
