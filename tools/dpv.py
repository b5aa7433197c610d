"""Pin the terms of the W3C Data Privacy Vocabulary that Hostkeep uses.

python tools/dpv.py FOLDER           writes dpv.csv from the published tables in FOLDER, and prints its digest
python tools/dpv.py FOLDER --check   says whether dpv.csv and the published tables agree

FOLDER holds dpv.csv, pd.csv, tech.csv, eu-gdpr.csv and justifications.csv of version 2.3, as published at
https://w3id.org/dpv.  The terms used are those that terms.csv and the exports name, and all their parents.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from pathlib import Path

from hostkeep.policy.vocabulary.dpv import COLUMNS, NAMESPACES, PUBLISHED, VERSION, digest_of_rows

ROOT = Path(__file__).parent.parent
POLICY = ROOT / "src" / "hostkeep" / "policy"
PINNED = POLICY / "vocabulary" / "dpv.csv"
NAMED = re.compile(rf"\b(?:{'|'.join(NAMESPACES)}):[A-Za-z][\w-]*")


def published(folder: Path) -> dict[str, dict[str, str]]:
    """Read the published tables: the rows as they are pinned, by their short name."""
    rows = {}
    for prefix in NAMESPACES:
        with (folder / f"{prefix}.csv").open(encoding="utf-8", newline="") as table:
            for row in csv.DictReader(table):
                name = f"{prefix}:{row['term']}"
                rows[name] = dict(
                    zip(
                        COLUMNS,
                        (name, row["type"], row["iri"], row["label"], _parents(row), VERSION),
                        strict=True,
                    )
                )
    return rows


def _parents(row: dict[str, str]) -> str:
    """Return the parents of a published row by their short names, those in other vocabularies left out."""
    found = [parent for said in ("hasbroader", "subclassof", "dpvtype") for parent in row[said].split(";")]
    short = {short_of(iri) for iri in found if iri} - {""}
    return " ".join(sorted(short))


def short_of(iri: str) -> str:
    """Return "dpv:Policy" for the address of a term, or an empty text."""
    space, _, term = iri.rpartition("#")
    return next((f"{prefix}:{term}" for prefix, known in NAMESPACES.items() if known == f"{space}#"), "")


def used() -> set[str]:
    """Return the terms that the vocabulary and the exports name."""
    sources = [POLICY / "vocabulary" / "terms.csv", *sorted((POLICY / "export").glob("*.py"))]
    return {name for source in sources for name in NAMED.findall(source.read_text(encoding="utf-8"))}


def wanted(rows: dict[str, dict[str, str]]) -> list[dict[str, str]]:
    """Return the rows to pin, sorted: the terms used and all above them."""
    todo, done = sorted(used()), set()
    while todo:
        name = todo.pop()
        if name not in rows:
            sys.exit(f"The published tables have no {name}.")
        if name not in done:
            done.add(name)
            todo.extend(rows[name]["parents"].split())
    return [rows[name] for name in sorted(done)]


def main() -> None:
    """Write or check."""
    rows = wanted(published(Path(sys.argv[1])))
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    digest = digest_of_rows(rows)
    if "--check" not in sys.argv:
        PINNED.write_text(out.getvalue(), encoding="utf-8")
        print(f"{len(rows)} terms, digest {digest}: this is PUBLISHED in vocabulary/dpv.py")
    elif PINNED.read_text(encoding="utf-8") != out.getvalue() or digest != PUBLISHED:
        sys.exit("dpv.csv differs from the published tables.")


if __name__ == "__main__":
    main()
