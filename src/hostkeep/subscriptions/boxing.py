"""What sealed columns of subscriptions hold: what was taken, and what each part of it is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, CategoryId, PurposeId, SubjectId
from hostkeep.subscriptions.models import Change, Metered, Part, Subscription
from hostkeep.subscriptions.rules.agreeing import Told
from hostkeep.subscriptions.rules.metering import Meter, from_json, to_json
from hostkeep.vault.column_door import ColumnWish, one_row, seal_columns
from hostkeep.vault.columns import Boxed

CHOSEN = CategoryId("chosen_service")
SERVICE = PurposeId("service")
BILLING = PurposeId("billing")

SUBSCRIPTIONS = "subscriptions_subscription"
PARTS = "subscriptions_part"
CHANGES = "subscriptions_change"
METERS = "subscriptions_metered"

NOTHING = Told("", "", "", {})
"""What is told of one that is erased."""


def seal_told(act: Act, row: Subscription, told: Told) -> Boxed:
    """Seal what a subscription is for."""
    return _sealed(act, row, SUBSCRIPTIONS, row.id, {"told": asdict(told)})["told"]


def seal_title(act: Act, row: Subscription, part: UUID, title: str) -> Boxed:
    """Seal what a part is called."""
    return _sealed(act, row, PARTS, part, {"title": title})["title"]


def seal_add_on(
    act: Act, row: Subscription, part: UUID, title: str, told: Mapping[str, Any]
) -> dict[str, Boxed]:
    """Seal what an add-on is called, and which it is."""
    return _sealed(act, row, PARTS, part, {"title": title, "add_on": dict(told)})


def seal_change(act: Act, row: Subscription, change: UUID, told: Mapping[str, Any]) -> Boxed:
    """Seal what is changed into what."""
    return _sealed(act, row, CHANGES, change, {"told": dict(told)})["told"]


def seal_meter(act: Act, row: Subscription, name: UUID, meter: Meter) -> dict[str, Boxed]:
    """Seal what is counted and what it costs."""
    values = {"meter": {"slug": meter.slug, "title": meter.title}, "tariff": to_json(meter.tariff)}
    return _sealed(act, row, METERS, name, values)


def meter_wish(row: Subscription, metered: Metered) -> ColumnWish[Meter]:
    """Return what opens a meter."""

    def made(values: Mapping[str, Any]) -> Meter:
        return Meter(values["meter"]["slug"], values["meter"]["title"], from_json(values["tariff"]))

    boxes = {"meter": metered.meter, "tariff": metered.tariff}
    return one_row(_head(row), table=METERS, row=str(metered.id), boxes=boxes, make=made)


def told_wish(row: Subscription) -> ColumnWish[Told]:
    """Return what opens what a subscription is for."""
    return one_row(_head(row), table=SUBSCRIPTIONS, row=str(row.id), boxes={"told": row.told}, make=read_told)


def change_wish(row: Subscription, change: Change) -> ColumnWish[Mapping[str, Any]]:
    """Return what opens what a change is."""

    def made(values: Mapping[str, Any]) -> Mapping[str, Any]:
        found: Mapping[str, Any] = values["told"]
        return found

    return one_row(_head(row), table=CHANGES, row=str(change.id), boxes={"told": change.told}, make=made)


def titles_wish(row: Subscription, parts: Sequence[Part]) -> ColumnWish[Mapping[UUID, str]]:
    """Return what opens the titles of parts, by part."""

    def made(found: Mapping[str, Mapping[str, Any]]) -> Mapping[UUID, str]:
        return {UUID(part): str(values["title"]) for part, values in found.items()}

    rows = {str(part.id): {"title": part.title} for part in parts}
    return ColumnWish(*_head(row), PARTS, rows, made)


def add_ons_wish(row: Subscription, parts: Sequence[Part]) -> ColumnWish[Mapping[UUID, Mapping[str, Any]]]:
    """Return what opens the add-ons among parts, with their titles, by part."""

    def made(found: Mapping[str, Mapping[str, Any]]) -> Mapping[UUID, Mapping[str, Any]]:
        return {UUID(part): {**values["add_on"], "title": values["title"]} for part, values in found.items()}

    rows = {str(part.id): {"title": part.title, "add_on": part.add_on} for part in parts if part.add_on}
    return ColumnWish(*_head(row), PARTS, rows, made)


def read_told(values: Mapping[str, Any]) -> Told:
    """Make what a subscription is for of its opened column."""
    return Told(**values["told"])


def as_system(act: Act, row: Subscription, purpose: PurposeId = SERVICE) -> Act:
    """Return the deed as the system's own, for the subscription."""
    return act.of_brand(BrandId(row.brand)).in_role("system").for_purpose(purpose)


def _head(row: Subscription) -> tuple[BrandId, SubjectId, CategoryId]:
    return BrandId(row.brand), SubjectId(row.subject), CHOSEN


def _sealed(
    act: Act, row: Subscription, table: str, name: UUID, values: Mapping[str, Any]
) -> dict[str, Boxed]:
    return seal_columns(
        as_system(act, row), subject=SubjectId(row.subject), category=CHOSEN, table=table, row=str(name),
        values=values,
    )  # fmt: skip
