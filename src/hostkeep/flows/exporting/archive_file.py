"""The archive itself: a zip with JSON for programs, CSV for people, and a manifest with each file's hash."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

FORMAT = "hostkeep-export/1"
MANIFEST = "manifest.json"
RISKY = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is run by spreadsheets.  Source: OWASP, CSV injection."""

Row = Mapping[str, Any]

_encoded = json.JSONEncoder(ensure_ascii=False).encode
"""One for all: json.dumps makes one for each row."""


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of fact.  name: of its files, without ending.  rows: plain JSON."""

    name: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Cover:
    """What stands on the archive.

    brand, controller  who holds the data
    account            the customer number
    version, digest    the policy that applies to the person
    made_at            when it was gathered
    """

    brand: str
    controller: Mapping[str, str]
    account: str
    version: int
    digest: str
    made_at: datetime


def pack(cover: Cover, parts: Iterable[Part], *, extra: Mapping[str, bytes]) -> bytes:
    """Return the zip: data/<part>.json, tables/<part>.csv, the extra files, and the manifest last.

    The same content packs to the same bytes.
    """
    files: dict[str, bytes] = {}
    counts: dict[str, int] = {}
    for part in parts:
        files[f"data/{part.name}.json"] = _listed(part.rows)
        files[f"tables/{part.name}.csv"] = table(part.rows)
        counts[f"data/{part.name}.json"] = counts[f"tables/{part.name}.csv"] = len(part.rows)
    files.update(extra)
    files[MANIFEST] = _json(_manifest(cover, files, counts))
    return _zipped(files, cover.made_at)


def table(rows: Sequence[Row]) -> bytes:
    """Return rows as CSV in UTF-8 with a byte order mark, which spreadsheets need; nested values as JSON.

    Source: RFC 4180.
    """
    columns = list(dict.fromkeys(key for row in rows for key in row))
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_cell(row.get(column)) for column in columns] for row in rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _cell(value: Any) -> str:
    """Return one cell; a text that a spreadsheet would run is put in quotes by an apostrophe."""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(RISKY) else value
    if value is None:
        return ""
    return str(value) if value.__class__ is int else _encoded(value)  # a bool is written as JSON has it


def _manifest(cover: Cover, files: Mapping[str, bytes], counts: Mapping[str, int]) -> Row:
    """Return what the archive says about itself."""
    return {
        "format": FORMAT,
        "brand": cover.brand,
        "controller": dict(cover.controller),
        "account": cover.account,
        "policy": {"version": cover.version, "digest": cover.digest},
        "made_at": cover.made_at.isoformat(),
        "files": [
            {
                "name": name,
                "sha256": hashlib.sha256(data).hexdigest(),
                "size": len(data),
                **({"rows": counts[name]} if name in counts else {}),
            }
            for name, data in sorted(files.items())
        ],
    }


def _listed(rows: Iterable[Any]) -> bytes:
    """Return a list as JSON, a row on each line: indented through and through it takes ten times as long."""
    lines = ",\n ".join(map(_encoded, rows))
    return f"[{lines}]\n".encode()


def _json(value: Any) -> bytes:
    """Return JSON that people can read too."""
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def _zipped(files: Mapping[str, bytes], at: datetime) -> bytes:
    """Return the zip; its times are when it was gathered."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, at.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, data)
    return out.getvalue()
