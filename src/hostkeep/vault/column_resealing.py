"""Sealing anew what columns held before the door: texts under an epoch's key become texts of their subject.

A table that has such columns says in its model's SEALED what they are (columns.Place); nothing else is known
of it here.  The job takes some rows at a time and can be cut off anywhere: a row is changed whole or not at
all, and what is done is not found again.
"""

from __future__ import annotations

import json
import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from django.apps import apps
from django.db import models, transaction
from django.db.models.functions import Cast

from hostkeep.brands.applying import policy_for
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import OPERATOR, BrandId, CategoryId, SubjectId
from hostkeep.runtime.tallies import last_tallied, tally
from hostkeep.vault import cipher
from hostkeep.vault.asking import NotDeclared
from hostkeep.vault.boxes import KeyDestroyed
from hostkeep.vault.column_door import GUEST, PERSON, seal_rows
from hostkeep.vault.columns import MARK, OLD_MARK, Boxed, Place, SealedColumn

log = structlog.get_logger()

LOOK_AGAIN = timedelta(days=1)
"""Where nothing was left, the tables are looked through again after so long.

Nothing writes the old form any more, but a process of an older release that still runs may; the roll of the
keys takes along what it writes in between (column_epochs.reseal).
"""

KIND, NONE_LEFT = "column", "none_left"
AT_ONCE = 500
"""Rows that one run takes of all tables together; the next minute's takes the rest."""

Model = type[models.Model]


def reseal_columns(act: Act) -> int:
    """Seal some rows anew that stand as they did before the door; return how many.

    A row whose person is erased, or whose policy has no place for it, is made noise: nothing opens it.
    Reading every table to find none takes its time, so that is done once a day; in the minutes between, one
    row says that none was left.
    """
    last = last_tallied(brand=OPERATOR, kind=KIND, name=NONE_LEFT)
    if last is not None and timedelta(0) <= act.at - last < LOOK_AGAIN:
        return 0
    done = 0
    for model, place in sealed_tables():
        while done < AT_ONCE and (rows := _reseal(act, model, place, AT_ONCE - done)):
            done += rows
    if not done and not left():  # rows that somebody holds are passed over, and are no reason to rest
        tally(brand=OPERATOR, kind=KIND, name=NONE_LEFT, at=act.at)
    return done


def left() -> int:
    """Count the rows that stand as they did before the door."""
    return sum(_old(model).count() for model, _ in sealed_tables())


def sealed_tables() -> list[tuple[Model, Place]]:
    """Return the tables with columns behind the door, and what these are."""
    said = ((model, getattr(model, "SEALED", None)) for model in apps.get_models())
    return [(model, place) for model, place in said if isinstance(place, Place)]


def columns_of(model: Model) -> list[str]:
    """Return the columns of a table that stand behind the door."""
    meta = model._meta  # noqa: SLF001  Django's documented Meta API
    return [str(field.attname) for field in meta.local_fields if isinstance(field, SealedColumn)]


def _old(model: Model) -> models.QuerySet[Any]:
    """Return the rows of a table that hold an old text.  The database cannot search these columns as such."""
    texts = {name: Cast(name, models.TextField()) for name in columns_of(model)}
    rows: models.QuerySet[Any] = model._default_manager.all()  # noqa: SLF001  as above
    found = rows.annotate(**{f"{name}_text": text for name, text in texts.items()})
    any_old = models.Q()
    for name in texts:
        any_old |= models.Q(**{f"{name}_text__startswith": OLD_MARK})
    old: models.QuerySet[Any] = found.filter(any_old)
    return old


def _reseal(act: Act, model: Model, place: Place, most: int) -> int:
    """Seal some rows of one table anew, in one transaction; return how many."""
    with transaction.atomic():
        rows = list(_old(model).select_for_update(of=("self",), skip_locked=True).order_by("pk")[:most])
        paths = [place.brand, *place.subject, *place.row]
        told = {
            values[0]: values[1:]
            for values in model._default_manager.filter(pk__in=[row.pk for row in rows])  # noqa: SLF001  as above
            .values_list("pk", *paths)
        }
        for row in rows:
            _reseal_row(act, model, place, row, told[row.pk])
    return len(rows)


def _reseal_row(act: Act, model: Model, place: Place, row: Any, told: tuple[Any, ...]) -> None:
    """Seal one row anew and save it."""
    brand, rest = BrandId(told[0]), told[1:]
    owners, named = rest[: len(place.subject)], rest[len(place.subject) :]
    subject = next(UUID(str(owner)) for owner in owners if owner is not None)
    kind = PERSON if len(owners) == 1 or owners[0] is not None else GUEST
    table = model._meta.db_table  # noqa: SLF001  as above
    name = "/".join(map(str, named))
    values = {
        column: json.loads(cipher.unseal_column(box.text, place=f"{table}.{column}"))
        for column in columns_of(model)
        if (box := getattr(row, column)) is not None and box.is_old
    }
    under = act.of_brand(brand)
    try:
        boxes = seal_rows(
            under, subject=SubjectId(subject), category=CategoryId(place.category), table=table,
            rows={name: values}, kind=kind,
        )[name]  # fmt: skip
    except (KeyDestroyed, NotDeclared) as no:
        log.info("column.made_noise", table=table, code=no.code, trace=act.trace)
        digest = policy_for(brand, SubjectId(subject), act.at).digest
        boxes = {column: Boxed(f"{MARK}gone.{digest}.{secrets.token_urlsafe(256)}") for column in values}
    for column, box in boxes.items():
        setattr(row, column, box)
    row.save(update_fields=list(boxes))
