"""Verifying the book: entries against leaves, leaves against the tree, the tree against what was signed.

All of it streams: memory does not grow with the book.  What cannot be found: an entry that was never written,
and a false one that was added by somebody who could write as we do; see docs/audit.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import islice
from typing import Any

from django.db import connection, transaction
from psycopg import sql

from hostkeep.audit import notes
from hostkeep.audit.checkpoints import BOOK, NotOurs, Signer, alarm, read, seal_all, signers
from hostkeep.audit.enter import enter_apart
from hostkeep.audit.kept import kept
from hostkeep.audit.leaves import COLUMNS, copied
from hostkeep.audit.models import Checkpoint, TreeNode
from hostkeep.audit.months import dropped_months
from hostkeep.audit.reading import count_of
from hostkeep.audit.reconciling import false_drops, first_gap, missing
from hostkeep.audit.stored import LEVEL_AT, STEP, WIDTH, number_of, size_now
from hostkeep.audit.tree import Frontier, root_of
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import OPERATOR

MOST = 100
"""Findings that are told one by one."""

SIGNATURES = 10_000
"""Newest checkpoints of the database whose signature is checked; of all others the root is compared."""

ROWS = sql.SQL(
    "SELECT l.position, encode(l.hash, 'hex'), {columns} FROM audit.audit_entry e"
    " LEFT JOIN audit.audit_leaf l ON l.entry = e.id AND l.position < {size}{since}"
)
LEAVES = sql.SQL(
    "COPY (SELECT hash FROM audit.audit_leaf WHERE position < {size} ORDER BY position)"
    " TO STDOUT (FORMAT BINARY)"
)
HASH_BYTES = 32

NIGHT = timedelta(hours=24)
NIGHTLY = "audit.book.verified"
NEWEST = timedelta(days=32)
"""How far back entries are compared each night; the tree over all of them is built anew each time."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was signed.

    kind      "edited", "missing", "extra", "leaf", "node", "size", "root", "signature" or "drop"
    month     "2026-03", or empty where it is about no month
    position  of the leaf, or the size of the checkpoint; None where there is none
    """

    kind: str
    month: str = ""
    position: int | None = None


@dataclass(slots=True)
class Report:
    """What was verified.

    leaves       in the tree
    entries      that were compared with their leaves
    waiting      entries that have no place yet
    checkpoints  that were compared with the tree
    dropped      months that stand by their kept hashes alone
    findings     MOST at most; found counts all
    """

    leaves: int = 0
    entries: int = 0
    waiting: int = 0
    checkpoints: int = 0
    dropped: tuple[str, ...] = ()
    findings: list[Finding] = field(default_factory=list)
    found: int = 0

    @property
    def holds(self) -> bool:
        """Whether nothing was found."""
        return self.found == 0

    def add(self, finding: Finding) -> None:
        """Note a finding."""
        self.found += 1
        if len(self.findings) < MOST:
            self.findings.append(finding)


def verify(*, since: datetime | None = None, elsewhere: Sequence[str] = ()) -> Report:
    """Verify the book and return what was found.

    since      compare entries from then on alone with their leaves; the tree is verified whole
    elsewhere  checkpoints that were kept in other places, as text
    """
    report = Report()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL work_mem = '96MB'")
        size = report.leaves = size_now()
        _tree(cursor, size, _signed(report, size, elsewhere), report)
        _entries(cursor, size, since, report)
        _reconcile(size, since, report)
    return report


def _signed(report: Report, size: int, elsewhere: Sequence[str]) -> Mapping[int, list[bytes]]:
    """Return the roots that were signed, by size.  What bears no signature of ours is found."""
    ours, signed = signers(), dict[int, list[bytes]]()
    rows = Checkpoint.objects.order_by("-size").values_list("size", "root", "note")
    for place, (at, root, note) in enumerate(rows.iterator()):
        told = _read(ours, note) if place < SIGNATURES else None
        if place < SIGNATURES and (told is None or (told.size, told.root) != (at, bytes(root))):
            report.add(Finding("signature", position=at))
        signed.setdefault(at, []).append(bytes(root))
    for note in (*(row.note for row in kept()), *elsewhere):
        told = _read(ours, note)
        if told is None:
            report.add(Finding("signature"))
        else:
            signed.setdefault(told.size, []).append(told.root)
    for at in sorted(at for at in signed if at > size):
        report.add(Finding("size", position=at))
    report.checkpoints = len(signed)
    return signed


def _read(ours: Sequence[Signer], note: str) -> notes.Told | None:
    """Read a checkpoint, None where it is not ours."""
    try:
        return read(note, ours)
    except (NotOurs, notes.BadNote):
        return None


def _tree(cursor: Any, size: int, signed: Mapping[int, list[bytes]], report: Report) -> None:
    """Build the tree from its leaves and compare it with the stored nodes and the signed roots."""
    stored = TreeNode.objects.values_list("number", "hash")
    nodes = {number: bytes(whole) for number, whole in stored.iterator()}
    sizes = iter(sorted(at for at in signed if 0 < at <= size))
    due = next(sizes, None)
    upper, seen = Frontier(), 0
    for tile in _tiles(_leaves(cursor, size)):
        while due is not None and due <= seen + len(tile):
            root = root_of([*upper.peaks, *_edge(tile[: due - seen])])
            for told in signed[due]:
                if told != root:
                    report.add(Finding("root", position=due))
            due = next(sizes, None)
        seen += len(tile)
        if len(tile) == WIDTH:
            _compare_nodes(upper, _edge(tile)[0], nodes, report)
    if seen != size:
        report.add(Finding("leaf", position=first_gap()))
    for number in nodes:
        report.add(Finding("node", position=(number & ((1 << LEVEL_AT) - 1)) << (number >> LEVEL_AT)))


def _compare_nodes(upper: Frontier, whole: bytes, nodes: dict[int, bytes], report: Report) -> None:
    """Add a tile's root to the tree over tiles; take each stored node that it completes off the list."""
    index = upper.size
    done = [(0, index, whole), *upper.append(whole)]
    for level, place, made in done:
        if level % STEP == 0 and nodes.pop(number_of(level + STEP, place), None) != made:
            report.add(Finding("node", position=place << (level + STEP)))


def _edge(leaves: Sequence[bytes]) -> list[bytes]:
    """Return the roots of the complete subtrees over some leaves, the largest first."""
    peaks, row = [], list(leaves)
    while row:
        if len(row) & 1:
            peaks.append(row.pop())
        row = [sha256(b"\x01" + a + b).digest() for a, b in zip(row[::2], row[1::2], strict=True)]
    return peaks[::-1]


def _leaves(cursor: Any, size: int) -> Iterator[bytes]:
    """Give the hashes of all leaves in order.  Source: PostgreSQL, COPY, binary format."""
    query = LEAVES.format(size=sql.Literal(size))
    with cursor.copy(query) as copy:
        for block in copy:
            if len(block) > HASH_BYTES:  # else it is the end's mark
                yield bytes(block[-HASH_BYTES:])


def _tiles(leaves: Iterator[bytes]) -> Iterator[list[bytes]]:
    """Give leaves by WIDTH; there may be fewer in the last."""
    while tile := list(islice(leaves, WIDTH)):
        yield tile


def _entries(cursor: Any, size: int, since: datetime | None, report: Report) -> None:
    """Make every entry's leaf anew and compare it with the one that has its place."""
    after = sql.SQL(" WHERE e.at >= {}").format(sql.Literal(since)) if since else sql.SQL("")
    query = ROWS.format(columns=COLUMNS, size=sql.Literal(size), since=after)
    matched = waiting = 0
    for line in copied(cursor, query):
        position, told, data = line.split(b"\t", 2)
        if sha256(b"\x00" + data).hexdigest().encode() == told:
            matched += 1
        elif told == rb"\N":
            waiting += 1
        else:
            matched += 1
            report.add(Finding("edited", _month_of(data), int(position)))
    report.entries, report.waiting = matched, waiting


def _month_of(data: bytes) -> str:
    """Return the month of an entry's line."""
    micros = int(data.split(b"\t", 3)[2])
    return datetime.fromtimestamp(micros / 1_000_000, tz=UTC).strftime("%Y-%m")


def _reconcile(size: int, since: datetime | None, report: Report) -> None:
    """Find leaves whose entry is gone although its month was not dropped, and entries that have two."""
    report.dropped = tuple(f"{row.month:%Y-%m}" for row in dropped_months())
    if since is None and report.entries > size:
        report.add(Finding("extra"))
    if since is not None or report.entries != size:
        for month, lacking, places in missing(size, since.date() if since else None, MOST):
            for place in places:
                report.add(Finding("missing", f"{month:%Y-%m}", place))
            report.found += max(0, lacking - len(places))
            if not places:
                report.add(Finding("missing", f"{month:%Y-%m}"))
    for row in false_drops():
        report.add(Finding("drop", f"{row.month:%Y-%m}"))


def verify_nightly(act: Act) -> int:
    """Verify the newest months if a day has gone by since the last time; return 1 if so.  A watch.

    Enters what was verified, or raises the alarm that the book was altered.
    """
    if count_of(brand=OPERATOR, verb=NIGHTLY, since=act.at - NIGHT):
        return 0
    seal_all(act)
    report = verify(since=act.at - NEWEST)
    enter_apart(
        act.of_brand(OPERATOR), NIGHTLY, BOOK, category="", clause="", digest="", count=max(1, report.entries)
    )
    if not report.holds:
        alarm(act)
    return 1
