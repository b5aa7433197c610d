"""Many people at once, sealed as the door seals them, written by COPY as the database's superuser."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg

FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Đặng", "Bùi", "Example", "Müller", "Jansen", "Okafor", "Silva")
MIDDLE = ("Văn", "Thị", "Hữu", "Minh", "Ngọc", "A.", "Maria", "J.")
GIVEN = ("An", "Bình", "Châu", "Dũng", "Hương", "Anna", "Piet", "Chidi", "João", "Elif", "Sota", "Zoë")
AT = datetime(2026, 1, 1, tzinfo=UTC)


def name_of(number: int) -> str:
    """A name that few share: three parts and a number in letters."""
    letters = "".join(chr(97 + int(digit)) for digit in str(number))
    return f"{FAMILY[number % 12]} {MIDDLE[number // 12 % 8]} {GIVEN[number // 96 % 12]} {letters}"


def as_superuser() -> psycopg.Connection:
    """A line to the bench's own database that no wall stops."""
    from django.db import connection

    told = connection.settings_dict
    return psycopg.connect(host=told["HOST"], dbname=told["NAME"], user="postgres", autocommit=True)


def fill(brand: str, count: int, values: Mapping[str, str], *, digest: str, first: int = 0) -> list[UUID]:
    """Make people with values of class account; "{name}" and "{n}" stand for each one's own.  first: their numbers."""
    from hostkeep.vault import cipher, keys

    epoch, people = keys.current_epoch(), [uuid4() for _ in range(count)]

    def rows() -> Iterator[tuple[tuple[object, ...], list[tuple[object, ...]]]]:
        for number, subject in enumerate(people, start=first):
            key_id, data_key = uuid4(), keys.new_data_key()
            wrapped = keys.wrap(data_key, epoch=epoch, about=f"{key_id}|{subject}|account|{epoch}".encode())
            items = []
            for category, text in values.items():
                row, told = uuid4(), text.format(name=name_of(number), n=number)
                about = f"{row}|{subject}|{category}||account".encode()
                box = cipher.seal(told, key=data_key, about=about)
                items.append((row, brand, subject, category, "", "account", box, digest, "web", AT, ""))
            yield (key_id, brand, subject, "account", epoch, "live", wrapped), items

    made = list(rows())
    with as_superuser() as line, line.cursor() as cursor:
        keys_sql = "COPY vault.vault_subjectkey (id, brand, subject, keep_class, epoch, state, wrapped) FROM STDIN"
        with cursor.copy(keys_sql) as copy:
            for key, _ in made:
                copy.write_row(key)
        items_sql = (
            "COPY vault.vault_item (id, brand, subject, category, slot, keep_class, box, digest, channel,"
            " collected_at, why) FROM STDIN"
        )
        with cursor.copy(items_sql) as copy:
            for _, items in made:
                for item in items:
                    copy.write_row(item)
        cursor.execute("ANALYZE vault.vault_subjectkey")
        cursor.execute("ANALYZE vault.vault_item")
    return people
