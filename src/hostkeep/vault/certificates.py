"""Certificates of erasure: of which classes a person's data is gone, since when, and what lawfully stays.

Written by erasing.py, as it stands.  Who must not know of a hold that is secret by order reads what they
would read without it, as anywhere else (due_classes.py): a class that was due and is held reads as gone, one
that was not due stays under its rule.  From the day of review on they read what is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, ClauseId, SubjectId
from hostkeep.vault import staying
from hostkeep.vault.holds import sees_secret
from hostkeep.vault.models import Erasure, Hold
from hostkeep.vault.wall import opened

Told = Mapping[str, Any]
"""One thing that stays, as the row of a certificate has it."""


@dataclass(frozen=True, slots=True)
class Stay:
    """What lawfully stays of a person.

    clause  the policy's, empty where a hold keeps it
    until   None: an event to come decides
    why     "retention", or a hold's: "legal_request", "dispute", "investigation"
    """

    keep_class: str
    clause: ClauseId
    until: datetime | None
    why: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """Where and since when a person's data of some classes is unreadable.

    Of whole classes alone: a single value that goes while its class goes on has no certificate, as its key
    lives; docs/retention.md says from where it can still be opened, and until when.

    classes     none where all that was due is held
    why         what made it due, a word of ours
    done        whether the rows are deleted too
    live_at     nothing of it opens in the living system
    wal_at      nor in the write-ahead log and replicas
    backups_at  nor in any backup
    """

    id: UUID
    brand: BrandId
    subject: SubjectId
    classes: frozenset[str]
    why: str
    done: bool
    asked_at: datetime
    live_at: datetime | None
    wal_at: datetime | None
    backups_at: datetime | None
    stays: tuple[Stay, ...]


def certificates_of(act: Act, *, subject: SubjectId) -> tuple[Certificate, ...]:
    """Return a person's certificates, newest first.

    Whole for owner and privacy officer; everybody else reads them as if there were no secret hold.
    """
    with opened():
        rows = list(Erasure.objects.filter(subject=subject, brand=act.brand).order_by("-asked_at", "-id"))
    silent = frozenset[UUID]() if sees_secret(act) else _silent(rows, act.at)
    said = {one["class"] for row in rows for one in row.stays if _as_gone(one, silent)}
    found = ((row, _certificate(row, silent=silent, said=said)) for row in rows)
    return tuple(each for row, each in found if each.classes or not row.classes)


def certificate(erasure: UUID) -> Certificate | None:
    """Return one certificate by its handle, whole, or None."""
    with opened():
        row = Erasure.objects.filter(id=erasure).first()
    return None if row is None else _certificate(row, silent=frozenset(), said=())


def written(kept: staying.Kept, *, due: bool = False) -> dict[str, Any]:
    """Return one thing that stays as the row has it.  due: whether this erasure would have taken it."""
    told: dict[str, Any] = {
        "class": kept.keep_class, "clause": kept.clause, "until": _text(kept.until), "why": kept.why,
        "secret": kept.silent is not None,
    }  # fmt: skip
    if kept.silent is not None:
        told |= {"hold": str(kept.silent), "due": due}
    if kept.instead is not None:
        told["instead"] = {"clause": kept.instead.clause, "until": _text(kept.instead.until)}
    return told


def open_stays(told: Iterable[Told]) -> tuple[Stay, ...]:
    """Read what stays, what a secret hold keeps left out."""
    return tuple(_stay(one) for one in told if not one["secret"])


def said_as_gone(subject: SubjectId) -> frozenset[str]:
    """Return the classes of a person that a certificate tells as gone while a secret hold keeps them.

    Call it inside the wall.
    """
    found = Erasure.objects.filter(subject=subject).values_list("stays", flat=True)
    return frozenset(one["class"] for stays in found for one in stays if one.get("due"))


def _certificate(row: Erasure, *, silent: Collection[UUID], said: Collection[str]) -> Certificate:
    """Freeze a row.

    silent  the holds that are not told of to who reads it
    said    classes that one of the certificates tells them as gone by such a hold: no other tells them again
    """
    gone = {one["class"] for one in row.stays if _as_gone(one, silent)}
    return Certificate(
        id=row.id,
        brand=BrandId(row.brand),
        subject=SubjectId(row.subject),
        classes=frozenset({*row.classes} - {*said} | gone),
        why=row.why,
        done=row.state == "done",
        asked_at=row.asked_at,
        live_at=row.live_at,
        wal_at=row.wal_at,
        backups_at=row.backups_at,
        stays=tuple(stay for one in row.stays if (stay := _stay_read(one, silent)) is not None),
    )


def _silent(rows: Iterable[Erasure], at: datetime) -> frozenset[UUID]:
    """Return which of the holds that some certificates name are secret still.  Call it outside the wall."""
    named = {one["hold"] for row in rows for one in row.stays if "hold" in one}
    if not named:
        return frozenset()
    with opened():
        return frozenset(Hold.objects.filter(id__in=named, review_at__gt=at).values_list("id", flat=True))


def _is_silent(one: Told, silent: Collection[UUID]) -> bool:
    """Say whether a thing that stays does so by a hold that is not told of."""
    return "hold" in one and UUID(one["hold"]) in silent


def _as_gone(one: Told, silent: Collection[UUID]) -> bool:
    """Say whether a thing that stays reads as erased by this certificate."""
    return bool(one.get("due")) and _is_silent(one, silent)


def _stay_read(one: Told, silent: Collection[UUID]) -> Stay | None:
    """Read one thing that stays; by a hold that is not told of, as it would stand without it."""
    if not _is_silent(one, silent):
        return _stay(one)
    instead = one.get("instead")
    return _stay({**one, **instead, "why": staying.RETENTION}) if instead else None


def _stay(told: Told) -> Stay:
    """Read one thing that stays as it is written."""
    until = datetime.fromisoformat(told["until"]) if told["until"] else None
    return Stay(told["class"], ClauseId(told["clause"]), until, told["why"])


def _text(at: datetime | None) -> str | None:
    """Return a time as the row has it."""
    return at.isoformat() if at else None
