"""Announcing a version of the policy, for the staff who answer for it."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Field, Schema
from ninja.responses import Status

from hostkeep.brands import queries as brands
from hostkeep.brands.actions.announcing import announce_policy
from hostkeep.faces.api.cursors import heads
from hostkeep.faces.api.keyed import Needs, act_of_key
from hostkeep.faces.api.policy import router
from hostkeep.faces.api.shapes import Told, with_errors
from hostkeep.policy.errors import PolicyError

__all__ = ["router"]

PURPOSE = "site_administration"
LONGEST = 500_000


class VersionTold(Told):
    """A version to announce.

    source        policy.yaml, as text
    effective_at  when it shall apply, or null for the earliest moment that the version in force permits
    weighed       "material" calls the change heavier than it was computed; nothing calls it lighter
    """

    source: str = Field(max_length=LONGEST)
    effective_at: datetime | None = None
    weighed: Literal["as_computed", "material"] = "as_computed"


class Announced(Schema):
    """A version as it was announced.  material: whether the notice of the version before it is owed."""

    version: int
    digest: str
    material: bool
    announced_at: datetime
    effective_at: datetime


@router.post(
    "/versions",
    response={201: Announced},
    auth=Needs("policy:announce"),
    operation_id="announce_policy_version",
)
def post_version(request: HttpRequest, told: VersionTold) -> Status[Announced] | HttpResponse:
    """Announce a version of this brand's policy: the notice of the version in force decides from when.

    A text that does not compile, or a notice that is too short, is refused with the clause that says so.
    The same text as the newest version announces nothing new and returns that version.
    """
    act = act_of_key(request, PURPOSE)
    if told.effective_at is not None and told.effective_at.tzinfo is None:
        told.effective_at = told.effective_at.replace(tzinfo=act.at.tzinfo)
    try:
        made = announce_policy(
            act, brand=act.brand, source=told.source, effective_at=told.effective_at, weighed=told.weighed
        )
    except PolicyError as refusal:
        return _wrong(request, refusal)
    time.sleep(brands.FRESH)  # the answer comes when every process knows of it
    heads(request)["Location"] = f"/api/v1/policy/versions/{made.version}"
    return Status(
        201,
        Announced(
            version=made.version, digest=made.digest, material=made.material,
            announced_at=made.announced_at, effective_at=made.effective_at,
        ),
    )  # fmt: skip


def _wrong(request: HttpRequest, refusal: PolicyError) -> HttpResponse:
    """Tell all that is wrong with a text, by line."""
    errors = [
        {
            "field": f"source:{problem.line}", "why": f"{problem.says} {problem.instead}".strip(),
            "clause": problem.clause, "rule": problem.rule,
        }
        for problem in refusal.problems
    ]  # fmt: skip
    return with_errors(request, refusal, errors)
