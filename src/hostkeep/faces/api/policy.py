"""The policy and its versions, for everybody."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router, Schema

from hostkeep.brands.queries import VersionRow, policy_by_digest, version_in_force, versions_of
from hostkeep.faces.api.keyed import now_of
from hostkeep.faces.api.refusals import NoSuchAddress
from hostkeep.faces.ui.acts import brand_id_of
from hostkeep.policy.changes import changes_between, weigh
from hostkeep.policy.render.record import policy_json

router = Router()


class Version(Schema):
    """A version of the policy.  digest: SHA-256 of its canonical JSON."""

    version: int
    digest: str
    state: Literal["announced", "in_force", "superseded"]
    announced_at: datetime
    effective_at: datetime


class Versions(Schema):
    """Every version, newest first."""

    items: list[Version]


class Changed(Schema):
    """One thing that changed.  material: whether it must be announced.  why: in one word of the language."""

    kind: str
    what: str
    thing: str
    clause: str
    material: bool
    why: str


class Differences(Schema):
    """What a version changed against another."""

    version: int
    against: int
    material: bool
    changes: list[Changed]


@router.get("/versions", response=Versions, auth=None, operation_id="list_policy_versions")
def list_versions(request: HttpRequest) -> Versions:
    """List every version of this brand's policy: in force, announced, superseded."""
    now = now_of(request)
    current = version_in_force(brand_id_of(request), now).version
    return Versions(items=[_version(row, current) for row in versions_of(brand_id_of(request))])


@router.get("/versions/{int:version}", response=dict[str, Any], auth=None, operation_id="get_policy_version")
def get_version(request: HttpRequest, version: int) -> dict[str, Any]:
    """Show one version whole, in the shape of /privacy/policy.json: clauses, forms, cookies, recipients."""
    row = _row(request, version)
    return policy_json(
        policy_by_digest(row.digest),
        version=row.version,
        announced_at=row.announced_at,
        effective_at=row.effective_at,
        next=None,
    )


@router.get(
    "/versions/{int:version}/changes/{int:against}",
    response=Differences,
    auth=None,
    operation_id="get_policy_changes",
)
def get_changes(request: HttpRequest, version: int, against: int) -> Differences:
    """Show what a version changes against another one, and whether that is material."""
    new, old = (policy_by_digest(_row(request, each).digest) for each in (version, against))
    changes = changes_between(old, new)
    return Differences(
        version=version,
        against=against,
        material=weigh(old, new).material,
        changes=[
            Changed(
                kind=each.kind, what=each.what, thing=each.thing, clause=each.clause,
                material=each.material, why=each.why,
            )
            for each in changes
        ],
    )  # fmt: skip


def _row(request: HttpRequest, version: int) -> VersionRow:
    """Return one version of the host's brand.  Raises NoSuchAddress."""
    for row in versions_of(brand_id_of(request)):
        if row.version == version:
            return row
    raise NoSuchAddress


def _version(row: VersionRow, current: int) -> Version:
    """Show one version."""
    state: Literal["announced", "in_force", "superseded"] = (
        "in_force" if row.version == current else "announced" if row.version > current else "superseded"
    )
    return Version(
        version=row.version, digest=row.digest, state=state,
        announced_at=row.announced_at, effective_at=row.effective_at,
    )  # fmt: skip
