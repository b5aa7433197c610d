"""The archive of a copy: plain values only, tables that no spreadsheet runs, a manifest that can be checked."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostkeep.flows.exporting.archive_file import Cover, Part, pack, table
from hostkeep.flows.exporting.plain import as_plain, row_of
from hostkeep.kernel.money import EUR, Money
from hostkeep.kernel.sealed import Sealed

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
COVER = Cover("vps6", {"name": "Six"}, "K1", 3, "d" * 64, AT)


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class Row:
    id: UUID
    price: Money
    at: datetime
    day: date
    secret: Sealed[str]
    state: Colour
    spans: tuple[timedelta, ...]
    nothing: None


def test_a_row_becomes_what_json_holds() -> None:
    row = Row(UUID(int=7), Money(1250, EUR), AT, AT.date(), Sealed("Ann", "name"), Colour.RED, (timedelta(hours=1),), None)
    assert as_plain(row) == {
        "id": "00000000-0000-0000-0000-000000000007",
        "price": {"minor": 1250, "currency": "EUR"},
        "at": "2026-03-01T12:00:00+00:00",
        "day": "2026-03-01",
        "secret": "Ann",
        "state": "red",
        "spans": [3600.0],
        "nothing": None,
    }
    assert type(as_plain(row)["state"]) is str
    assert "id" not in row_of(row, without=frozenset({"id"}))


@pytest.mark.parametrize("value", [object(), 1.5j, lambda: None, b"bytes"], ids=["object", "complex", "function", "bytes"])
def test_what_has_no_plain_form_stops_the_copy(value: object) -> None:
    with pytest.raises(TypeError):
        as_plain({"x": value})


texts = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=20)


@given(st.lists(st.dictionaries(st.sampled_from("abc"), texts, min_size=1), max_size=5))
def test_no_cell_is_run_by_a_spreadsheet_and_nothing_is_lost(rows: list[dict[str, str]]) -> None:
    read = list(csv.DictReader(io.StringIO(table(rows).decode("utf-8-sig"), newline="")))
    assert len(read) == len(rows)
    for row, cells in zip(rows, read, strict=True):
        for key, text in row.items():
            assert not cells[key].startswith(("=", "+", "-", "@", "\t"))
            assert cells[key] in {text, f"'{text}"}


def test_each_file_stands_in_the_manifest_and_the_same_packs_to_the_same() -> None:
    parts = [Part("values", ({"category": "name", "value": "Ann"},)), Part("empty", ())]
    packed = pack(COVER, parts, extra={"log/verify.py": b"print()"})
    assert packed == pack(COVER, parts, extra={"log/verify.py": b"print()"})
    archive = zipfile.ZipFile(io.BytesIO(packed))
    manifest = json.loads(archive.read("manifest.json"))
    assert {each["name"] for each in manifest["files"]} == {
        "data/values.json", "tables/values.csv", "data/empty.json", "tables/empty.csv", "log/verify.py",
    }
    for each in manifest["files"]:
        data = archive.read(each["name"])
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (each["sha256"], each["size"])
    assert manifest["policy"] == {"version": 3, "digest": "d" * 64}
