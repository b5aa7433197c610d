"""Exports at rest: sealed under a key that only the person holds, fetched once, gone after a day.

The program keeps no key to an export: it is handed to the person with the page that made it, and comes back
when they fetch it.  A backup that holds the parts holds noise.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import connection

from hostkeep.audit.recorded import recorded
from hostkeep.kernel.act import Act
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import BrandId, Ref, SubjectId
from hostkeep.kernel.words import gettext_noop
from hostkeep.vault import cipher, keys
from hostkeep.vault.consenting import NotYours
from hostkeep.vault.models import Export, ExportPart
from hostkeep.vault.wall import opened

LIFE = timedelta(hours=24)
PART = 1_000_000
"""Bytes of a part."""
MOST = 3
"""Exports of one person that wait at once; the oldest gives way."""


class NoExport(Foreseen):
    """It was fetched, is over, is another's, or the key is wrong: which of these is not told."""

    code = "vault.export.none"
    title = gettext_noop("This export is no longer there: it can be fetched once, and within a day.")
    status = 410


@dataclass(frozen=True, slots=True)
class Made:
    """An export that waits.  key: URL-safe text, shown once and not kept.  size: bytes."""

    id: UUID
    key: str
    size: int
    expires_at: datetime

    @property
    def ref(self) -> Ref:
        """The export."""
        return Ref("vault.export", self.id)


@dataclass(frozen=True, slots=True)
class Fetched:
    """The bytes, once."""

    id: UUID
    data: bytes

    @property
    def ref(self) -> Ref:
        """The export."""
        return Ref("vault.export", self.id)


@recorded("vault.export.made")
def keep_export(act: Act, *, subject: SubjectId, data: bytes) -> Made:
    """Seal an export and keep it for a day.  Raises NotYours where a customer makes one of another."""
    if act.role == "customer" and act.own != subject:
        raise NotYours
    key = keys.new_data_key()
    export = Export(
        id=uuid4(), brand=act.brand, subject=subject, size=len(data), made_at=act.at, expires_at=act.at + LIFE
    )
    with opened():
        old = Export.objects.filter(subject=subject).order_by("-made_at").values_list("id", flat=True)
        Export.objects.filter(id__in=list(old[MOST - 1 :])).delete()
        export.save(force_insert=True)
        ExportPart.objects.bulk_create(
            ExportPart(
                export=export,
                place=place,
                box=cipher.seal_bytes(data[start : start + PART], key=key, about=_about(export, place)),
            )
            for place, start in enumerate(range(0, max(len(data), 1), PART))
        )
    return Made(export.id, base64.urlsafe_b64encode(key).decode().rstrip("="), len(data), export.expires_at)


@recorded("vault.export.fetched")
def fetch_export(act: Act, *, subject: SubjectId, export: UUID, key: str) -> Fetched:
    """Hand an export out, and delete it.  Of two that fetch at once one gets it.  Raises NoExport."""
    secret = _secret(key)
    with opened():
        row = (
            Export.objects.select_for_update()
            .filter(id=export, subject=subject, brand=act.brand, taken_at=None, expires_at__gt=act.at)
            .first()
        )
        if row is None:
            raise NoExport
        data = _joined(row, secret)
        row.parts.all().delete()
        row.taken_at = act.at
        row.save(update_fields=["taken_at"])
    return Fetched(row.id, data)


def erase_due(at: datetime, *, most: int) -> int:
    """Delete exports whose day is over; return how many.  At most `most` in one go."""
    with opened(), connection.cursor() as cursor:
        cursor.execute(
            "WITH due AS (SELECT id FROM vault.vault_export WHERE expires_at <= %s"
            " LIMIT %s FOR UPDATE SKIP LOCKED),"
            " parts AS (DELETE FROM vault.vault_exportpart USING due WHERE export_id = due.id)"
            " SELECT id FROM due",
            [at, most],
        )
        due = [row[0] for row in cursor.fetchall()]
        Export.objects.filter(id__in=due).delete()
    return len(due)


def count_due(at: datetime, brand: BrandId | None = None) -> int:
    """Return how many exports are past their day, of all brands or of one."""
    of = {} if brand is None else {"brand": brand}
    with opened():
        return Export.objects.filter(expires_at__lte=at, **of).count()


def _secret(key: str) -> bytes:
    """Read a key as it was handed out.  Raises NoExport."""
    try:
        secret = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))
    except ValueError:
        raise NoExport from None
    if len(secret) != keys.KEY_BYTES:
        raise NoExport
    return secret


def _joined(row: Export, secret: bytes) -> bytes:
    """Open the parts in their order.  Raises NoExport: under a wrong key nothing opens."""
    try:
        return b"".join(
            cipher.unseal_bytes(bytes(part.box), key=secret, about=_about(row, part.place))
            for part in row.parts.order_by("place")
        )
    except cipher.BrokenSeal:
        raise NoExport from None


def _about(export: Export, place: int) -> bytes:
    """Bind a part to its export, person and place."""
    return f"export|{export.id}|{export.subject}|{place}".encode()
