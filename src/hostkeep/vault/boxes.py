"""Reading and writing sealed rows.  Only the door calls this; every call stands inside the wall."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID, uuid4

from django.db import connection

from hostkeep.kernel.act import Act
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import BrandId, CategoryId, SubjectId
from hostkeep.kernel.words import gettext_noop
from hostkeep.vault import cipher, keys
from hostkeep.vault.models import Item, SubjectKey


class KeyDestroyed(Foreseen):
    """The subject's key of this class is gone for good."""

    code = "vault.key.destroyed"
    title = gettext_noop("This person's data was erased; nothing can be added to it.")
    status = 410


OPEN_MANY = """
SELECT i.id, i.subject, i.category, i.slot, i.keep_class, i.box, k.id, k.epoch, k.wrapped
FROM vault.vault_item i
JOIN vault.vault_subjectkey k ON k.subject = i.subject AND k.keep_class = i.keep_class AND k.state = 'live'
WHERE i.brand = %s AND i.subject = ANY(%s) AND i.category = ANY(%s)
"""


def store(
    act: Act, *, subject: SubjectId, category: CategoryId, slot: str, keep_class: str, value: str,
    digest: str,
) -> UUID:  # fmt: skip
    """Seal a value and keep it over any older one of the same slot; return the row's handle."""
    known = Item.objects.filter(subject=subject, category=category, slot=slot).first()
    row_id = known.id if known else uuid4()
    key = _key_to_write(subject, keep_class)
    box = cipher.seal(value, key=key, about=_about(row_id, subject, category, slot, keep_class))
    fields = {
        "brand": act.brand, "keep_class": keep_class, "box": box, "digest": digest,
        "collected_at": act.at,
    }  # fmt: skip
    Item.objects.update_or_create(
        subject=subject,
        category=category,
        slot=slot,
        defaults=fields,
        create_defaults={**fields, "id": row_id},
    )
    return row_id


def open_many(
    asks: Iterable[tuple[SubjectId, CategoryId, str]], *, brand: BrandId
) -> dict[tuple[UUID, str, str], str]:
    """Open the values asked for, by (subject, category, slot); what is not there is left out.

    brand  another brand's values are not there
    One query.
    """
    wanted = set(asks)
    with connection.cursor() as cursor:
        subjects, categories = {wish[0] for wish in wanted}, {wish[1] for wish in wanted}
        cursor.execute(OPEN_MANY, [brand, list(subjects), list(categories)])
        rows = cursor.fetchall()
    opened: dict[tuple[UUID, str, str], str] = {}
    data_keys: dict[UUID, bytes] = {}
    for row_id, subject, category, slot, keep_class, box, key_id, epoch, wrapped in rows:
        if (subject, category, slot) not in wanted:
            continue
        if key_id not in data_keys:
            about_key = f"{key_id}|{subject}|{keep_class}|{epoch}".encode()
            data_keys[key_id] = keys.unwrap(bytes(wrapped), epoch=epoch, about=about_key)
        about = _about(row_id, subject, category, slot, keep_class)
        opened[subject, category, slot] = cipher.unseal(bytes(box), key=data_keys[key_id], about=about)
    return opened


def digests(subjects: Iterable[SubjectId], *, brand: BrandId) -> dict[tuple[SubjectId, CategoryId, str], str]:
    """Return under which version of the policy each value of some people was given; nothing is opened."""
    found = Item.objects.filter(brand=brand, subject__in=set(subjects))
    rows = found.values_list("subject", "category", "slot", "digest")
    return {(SubjectId(who), CategoryId(what), slot): digest for who, what, slot, digest in rows}


def remove(*, subject: SubjectId, category: CategoryId, slot: str) -> int:
    """Delete one value's row; return how many there were."""
    return Item.objects.filter(subject=subject, category=category, slot=slot).delete()[0]


def _key_to_write(subject: SubjectId, keep_class: str) -> bytes:
    """Return the data key of a subject and class, made if there is none.  Raises KeyDestroyed."""
    row = SubjectKey.objects.filter(subject=subject, keep_class=keep_class).first()
    if row is None:
        epoch = keys.current_epoch_cached()
        fresh = SubjectKey(id=uuid4(), subject=subject, keep_class=keep_class, epoch=epoch)
        fresh.wrapped = keys.wrap(keys.new_data_key(), epoch=epoch, about=_about_key(fresh))
        SubjectKey.objects.bulk_create([fresh], ignore_conflicts=True)
        row = SubjectKey.objects.get(subject=subject, keep_class=keep_class)
    if row.state not in {"live", "held"}:
        raise KeyDestroyed
    return _open_key(row)


def _open_key(row: SubjectKey) -> bytes:
    """Unwrap a data key."""
    return keys.unwrap(bytes(row.wrapped or b""), epoch=row.epoch, about=_about_key(row))


def _about_key(row: SubjectKey) -> bytes:
    """Bind a wrapped key to its row."""
    return f"{row.id}|{row.subject}|{row.keep_class}|{row.epoch}".encode()


def _about(row: UUID, subject: UUID, category: str, slot: str, keep_class: str) -> bytes:
    """Bind a box to its row, person, category, slot and class, so that it opens nowhere else."""
    return f"{row}|{subject}|{category}|{slot}|{keep_class}".encode()
