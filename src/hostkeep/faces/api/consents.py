"""Consents: what the policy asks, what was said, a yes and its end."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema

from hostkeep.faces.api.account import policy_of
from hostkeep.faces.api.keyed import Needs, account_of_key, act_of_key, key_of
from hostkeep.faces.api.refusals import NoSuchAddress, OtherVersion
from hostkeep.faces.api.shapes import Told
from hostkeep.faces.ui.pages import language_of
from hostkeep.faces.ui.words import said
from hostkeep.flows import agreeing
from hostkeep.kernel.ids import PurposeId
from hostkeep.policy.consent import asked_by_cookie, matter_of, matters_of
from hostkeep.vault.consents import ConsentRow, consents_of

router = Router()

Word40 = Annotated[str, Field(max_length=40)]

HOW = "api"
RIGHTS = "rights"


class Word(Schema):
    """One thing that was said."""

    state: str
    at: datetime
    version: int
    digest: str
    how: str


class Consent(Schema):
    """A consent as it stands, and every word on it, oldest first."""

    record: UUID
    purpose: str
    recipient: str
    clause: str
    state: str
    until: datetime | None
    words: list[Word]


class Matter(Schema):
    """What the policy in force lets a person consent to.  recipient: empty for a use of our own."""

    purpose: str
    recipient: str
    label: str
    categories: list[str]
    clause: str


class Consents(Schema):
    """What can be asked under the version in force (its digest), and what was said so far."""

    digest: str
    asked: list[Matter]
    items: list[Consent]


class ConsentTold(Told):
    """A yes.  digest: of the version that the person was shown."""

    purpose: str = Field(max_length=40)
    recipient: str = Field("", max_length=40)
    digest: str = Field(max_length=64)


@router.get("", response=Consents, auth=Needs("account:read"), operation_id="list_consents")
def list_consents(request: HttpRequest) -> Consents:
    """List what can be consented to, and what was said."""
    policy, language = policy_of(request), language_of(request)
    rows = consents_of(act_of_key(request, RIGHTS), subject=account_of_key(request).subject)
    asked = [
        Matter(
            purpose=each.purpose, recipient=each.recipient, label=said(each.label, language),
            categories=list(each.categories), clause=each.clause,
        )
        for each in matters_of(policy)
    ]  # fmt: skip
    return Consents(digest=policy.digest, asked=asked, items=[_consent(row) for row in rows])


@router.post("", response={204: None}, auth=Needs("account:write"), operation_id="give_consent")
def give_consent(request: HttpRequest, told: ConsentTold) -> HttpResponse:
    """Say yes to one purpose or one recipient, under the version that the person was shown."""
    if told.digest != policy_of(request).digest:
        raise OtherVersion
    matter = matter_of(policy_of(request), told.purpose, told.recipient)
    if matter is not None and asked_by_cookie(policy_of(request), matter):
        raise NoSuchAddress  # it is asked where the cookie would be set, and by nobody else
    agreeing.agree(
        act_of_key(request, RIGHTS), subject=account_of_key(request).subject,
        purpose=PurposeId(told.purpose), recipient=told.recipient, how=HOW, language=language_of(request),
    )  # fmt: skip
    return HttpResponse(status=204)


@router.delete(
    "/{purpose}", response={204: None}, auth=Needs("account:write"), operation_id="withdraw_consent"
)
def withdraw_consent(request: HttpRequest, purpose: Word40, recipient: Word40 = "") -> HttpResponse:
    """Take a yes back, at once, with all that hangs on it: mail, browsers that stay signed in."""
    act, language = act_of_key(request, RIGHTS), language_of(request)
    subject, named = account_of_key(request).subject, PurposeId(purpose)
    if agreeing.is_staying(policy_of(request), purpose) and not recipient:
        agreeing.stop_staying(act, user=key_of(request).user, subject=subject, language=language)
    else:
        agreeing.take_back(
            act, subject=subject, purpose=named, recipient=recipient, how=HOW, language=language
        )
    return HttpResponse(status=204)


def _consent(row: ConsentRow) -> Consent:
    """Show a consent."""
    return Consent(
        record=row.record,
        purpose=row.purpose,
        recipient=row.recipient,
        clause=row.clause,
        state=row.state,
        until=row.until,
        words=[
            Word(state=word.state, at=word.at, version=word.version, digest=word.digest, how=word.how)
            for word in row.words
        ],
    )
