"""The rules and the account: which version applies to it, which changes were announced, and accepting."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema

from hostkeep.brands.actions.telling import accept_changes
from hostkeep.brands.applying import NoticeRow, notices_of, rejected, to_accept, version_for
from hostkeep.brands.queries import version_in_force
from hostkeep.faces.api.keyed import Needs, account_of_key, act_of_key
from hostkeep.faces.api.refusals import OtherVersion
from hostkeep.faces.api.shapes import Told
from hostkeep.people.actions.joining import accept_statements

router = Router()

PURPOSE = "policy_change"


class Notice(Schema):
    """One change and how the owner was told.

    state       queued, handed_over, refused (the mail could not be handed over) or shown
    applies_at  from when it applies to this account, or null: not before its owner is told
    ends_at     of a rejected change: when the services end
    """

    version: int
    state: str
    told_at: datetime | None
    applies_at: datetime | None
    rejected_at: datetime | None
    ends_at: datetime | None
    accepted_at: datetime | None


class Terms(Schema):
    """mine: the version that applies to this account.  in_force: the one that applies to everybody else.

    to_accept: what is accepted by who takes an earlier no back
    """

    mine: int
    digest: str
    in_force: int
    in_force_digest: str
    to_accept: int
    to_accept_digest: str
    rejected: bool
    notices: list[Notice]


class AcceptTold(Told):
    """An acceptance.  digest: of the version in force, as the person was shown it."""

    digest: str = Field(max_length=64)


@router.get("", response=Terms, auth=Needs("account:read"), operation_id="get_terms")
def get_terms(request: HttpRequest) -> Terms:
    """Show which version applies to the account, and what its owner was told.

    Reading it here counts as telling nobody: that needs a page or a mail which a person sees.
    """
    row, at = account_of_key(request), act_of_key(request, PURPOSE).at
    mine, current = version_for(row.brand, row.subject, at), version_in_force(row.brand, at)
    wanted = to_accept(row.brand, row.subject, at)
    return Terms(
        mine=mine.version,
        digest=mine.digest,
        in_force=current.version,
        in_force_digest=current.digest,
        to_accept=wanted.version,
        to_accept_digest=wanted.digest,
        rejected=rejected(row.brand, row.subject) is not None,
        notices=[_notice(each) for each in notices_of(row.brand, row.subject)],
    )


@router.post("/accept", response={204: None}, auth=Needs("account:write"), operation_id="accept_terms")
def accept(request: HttpRequest, told: AcceptTold) -> HttpResponse:
    """Accept what was rejected, or what is newer.  It is acceptance of rules, never a consent."""
    account, act = account_of_key(request), act_of_key(request, PURPOSE)
    row = to_accept(account.brand, account.subject, act.at)
    if told.digest != row.digest:
        raise OtherVersion
    accept_changes(act, subject=account.subject)
    accept_statements(
        act, subject=account.subject, statements=["accept_policy"], version=row.version, digest=row.digest,
        form="api",
    )  # fmt: skip
    return HttpResponse(status=204)


def _notice(row: NoticeRow) -> Notice:
    """Show a notice."""
    return Notice(
        version=row.version.version, state=row.state, told_at=row.told_at, applies_at=row.applies_at,
        rejected_at=row.rejected_at, ends_at=row.ends_at, accepted_at=row.accepted_at,
    )  # fmt: skip
