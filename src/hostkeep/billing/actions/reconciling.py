"""Writing down what the daily self-check found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4, uuid5

from hostkeep.audit.alarms import raise_with_deed
from hostkeep.audit.recorded import recorded
from hostkeep.billing.errors.credit import NoSuchFinding
from hostkeep.billing.models import Finding
from hostkeep.billing.rules.reconciling import BY_HAND, Deviation, What, handle_of
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, ClauseId, Ref
from hostkeep.kernel.money import Money

FINDING = "billing.finding"

OUT = "books_out"
"""The alarm about books that are out of step."""

NOT_GIVEN = "credit_not_given"
"""The alarm about what an account was to have back and could not be given."""

MOST_ALARMS = 20
"""Of one check: a whole table out of step is one mistake, not a thousand."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What a self-check changed in a brand's findings.

    fresh    what was found for the first time, as (finding, deviation)
    settled  how many that stood open are gone
    books    whose: a handle made of the brand's slug
    """

    fresh: tuple[tuple[UUID, Deviation], ...]
    settled: int
    books: UUID

    @property
    def ref(self) -> Ref:
        """The brand's books."""
        return Ref("billing.books", self.books)


@recorded("billing.books.reconciled")
def record_findings(act: Act, *, found: Sequence[Deviation], checked: Sequence[What]) -> Reconciled:
    """Keep what was found in the books of act.brand: once while it is open, settled when it is gone.

    found    all that deviates now; how far out it is may change while it is open
    checked  what was looked at: only findings of these can be gone

    Writes Findings, an audit entry, and an alarm for each that is new, up to MOST_ALARMS: who dies after this
    has rung.
    """
    rows = {
        _key(d): Finding(
            id=uuid4(), brand=act.brand, what=d.what, about=d.about, minor=d.amount.minor if d.amount else 0,
            currency=d.amount.currency.code if d.amount else "", found_at=act.at,
        )
        for d in found
    }  # fmt: skip
    Finding.objects.bulk_create(rows.values(), ignore_conflicts=True, batch_size=1000)
    standing = Finding.objects.filter(brand=act.brand, what__in=checked, settled_at=None)
    gone, moved = [], []
    for row in standing.select_for_update():
        now = rows.get((row.what, row.about, row.currency))
        if now is None:
            row.settled_at = act.at
            gone.append(row)
        elif row.minor != now.minor:
            row.minor = now.minor
            moved.append(row)
    Finding.objects.bulk_update(gone, ["settled_at"], batch_size=1000)
    Finding.objects.bulk_update(moved, ["minor"], batch_size=1000)
    ours = {row.id for row in rows.values()}
    stand = {row.id: row for row in standing if row.id in ours}
    fresh = tuple((rows[_key(d)].id, d) for d in found if rows[_key(d)].id in stand)
    for finding, _ in fresh[:MOST_ALARMS]:
        raise_with_deed(act, kind=OUT, about=Ref(FINDING, finding), clause=ClauseId(""))
    return Reconciled(fresh, len(gone), handle_of(act.brand))


@dataclass(frozen=True, slots=True)
class Noted:
    """A finding that a person looks after.  fresh: whether this deed changed anything."""

    finding: UUID
    fresh: bool

    @property
    def ref(self) -> Ref:
        """The finding."""
        return Ref(FINDING, self.finding)


@recorded("billing.finding.noted")
def note_not_given(act: Act, *, account: AccountId, amount: Money, why: UUID) -> Noted:
    """Note that an account of act.brand was to have something back and no line of a document had it any more.

    amount  more than nothing, as the brand's prices are
    why     what it was to be had for, a change or a subscription: noted once for each
    One that is open for the account grows by it.  It stays until staff settles it.
    Writes a Finding and an alarm, with the entry.
    """
    name = uuid5(why, "hostkeep:not_given")
    if Finding.objects.filter(id=name).exists():
        return Noted(name, fresh=False)
    code = amount.currency.code
    known = Finding.objects.filter(brand=act.brand, what="not_given", about=account, currency=code)
    stands = known.filter(settled_at=None).select_for_update().first()
    if stands is not None:
        stands.minor += amount.minor
        stands.save(update_fields=["minor"])
    Finding.objects.create(
        id=name, brand=act.brand, what="not_given", about=account, currency=code, found_at=act.at,
        minor=0 if stands else amount.minor, settled_at=act.at if stands else None,
    )  # fmt: skip
    noted = Noted(stands.id if stands else name, fresh=True)
    raise_with_deed(act, kind=NOT_GIVEN, about=noted.ref, clause=ClauseId(""))
    return noted


@recorded("billing.finding.settled")
def settle_finding(act: Act, *, finding: UUID) -> Noted:
    """Say that what an account was to have back was given to it by hand.  Again: changes nothing.

    Raises NoSuchFinding, also for one that the daily check settles by itself.
    """
    row = Finding.objects.select_for_update().filter(id=finding, what__in=BY_HAND).first()
    if row is None:
        raise NoSuchFinding
    fresh = row.settled_at is None
    if fresh:
        row.settled_at = act.at
        row.save(update_fields=["settled_at"])
    return Noted(row.id, fresh)


def _key(found: Deviation) -> tuple[str, UUID | None, str]:
    """Return what one open finding is known by."""
    return found.what, found.about, found.amount.currency.code if found.amount else ""
