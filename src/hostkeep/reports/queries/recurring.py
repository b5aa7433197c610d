"""Recurring revenue: what subscriptions come to a month, and how it moved.  No subscription is named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Sum

from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.money import CURRENCIES, Currency, Money
from hostkeep.reports.models import Movement, Standing
from hostkeep.reports.rules.monthly import Kind, Seen
from hostkeep.reports.rules.spans import Span
from hostkeep.runtime.digests import digest_of


@dataclass(frozen=True, slots=True)
class RecurringRow:
    """How a brand's recurring revenue moved in a span.

    before       monthly recurring revenue when the span began; opened: subscriptions then
    new, expansion, contraction, churn  what moved it; the last two are negative or nothing
    added, gone  subscriptions that began and that ended
    after        monthly recurring revenue at its end, or now
    """

    span: Span
    before: Money
    opened: int
    new: Money
    expansion: Money
    contraction: Money
    churn: Money
    added: int
    gone: int

    @property
    def after(self) -> Money:
        """Monthly recurring revenue at the end."""
        return self.before + self.new + self.expansion + self.contraction + self.churn

    @property
    def closed(self) -> int:
        """Subscriptions at the end."""
        return self.opened + self.added - self.gone

    @property
    def customers_lost(self) -> int | None:
        """Which share of the subscriptions it began with ended, in millionths; None where it began with none.

        One that began and ended within the span counts as an end.
        """
        return self.gone * 1_000_000 // self.opened if self.opened else None

    @property
    def revenue_lost(self) -> int | None:
        """Which share of the revenue it began with went, in millionths; None where there was none.

        By ends and by less; what others paid more is not set against it.
        """
        gone = -(self.churn.minor + self.contraction.minor)
        return gone * 1_000_000 // self.before.minor if self.before.minor else None


@dataclass(frozen=True, slots=True)
class Now:
    """What a brand's subscriptions come to a month now, in one currency."""

    monthly: Money
    subscriptions: int


def recurring(brand: BrandId, spans: Sequence[Span]) -> Mapping[Currency, tuple[RecurringRow, ...]]:
    """Return how recurring revenue moved in spans that follow each other, by currency.  Two queries.

    Currencies in which nothing ever moved are left out.
    """
    moves = Movement.objects.filter(brand=brand, day__lte=spans[-1].last).order_by("currency")
    older = moves.filter(day__lt=spans[0].first).values_list("currency", "kind")
    before: dict[str, dict[str, tuple[int, int]]] = {}
    for code, kind, minor, count in older.annotate(Sum("minor"), Sum("count")).order_by("currency"):
        before.setdefault(code, {})[kind] = (int(minor), int(count))
    within = list(moves.filter(day__gte=spans[0].first))
    codes = sorted({*before, *(row.currency for row in within)})
    return {
        CURRENCIES[code]: _rows(
            CURRENCIES[code], spans, before.get(code, {}), [row for row in within if row.currency == code]
        )
        for code in codes
    }


def now_by_brand() -> Mapping[BrandId, tuple[Now, ...]]:
    """Return what each brand's subscriptions come to a month, by currency.  One query."""
    found = Standing.objects.order_by("brand", "currency").values_list("brand", "currency")
    shown: dict[BrandId, tuple[Now, ...]] = {}
    for name, code, minor, count in found.annotate(Sum("minor"), Count("subscription")):
        row = Now(Money(int(minor), CURRENCIES[code]), int(count))
        shown[BrandId(name)] = (*shown.get(BrandId(name), ()), row)
    return shown


def standing_of(found: Sequence[UUID]) -> Mapping[UUID, Seen]:
    """Return what subscriptions came to when they were last looked at.  One query."""
    return _seen(Standing.objects.filter(subscription__in=found))


def standings(brand: BrandId, *, after: UUID | None, first: int) -> Mapping[UUID, Seen]:
    """Return what a brand's subscriptions came to when last looked at, by id.  after: the last one seen."""
    found = Standing.objects.filter(brand=brand).order_by("subscription")
    return _seen((found if after is None else found.filter(subscription__gt=after))[:first])


def standings_digest(brand: BrandId) -> str:
    """Return what changes with what `standings` returns of a brand.  One query."""
    columns = "subscription, currency, minor"
    return digest_of("reports_standing", columns, "brand = %(brand)s", {"brand": brand})


def _seen(rows: Iterable[Standing]) -> Mapping[UUID, Seen]:
    return {row.subscription: Seen(row.minor, CURRENCIES[row.currency]) for row in rows}


def _rows(
    currency: Currency, spans: Sequence[Span], before: Mapping[str, tuple[int, int]],
    moves: Sequence[Movement],
) -> tuple[RecurringRow, ...]:
    """Play the moves of a currency, span by span."""
    stood = sum(minor for minor, _ in before.values())
    there = before.get(Kind.NEW, (0, 0))[1] - before.get(Kind.CHURN, (0, 0))[1]
    rows = []
    for span in spans:
        inside = [row for row in moves if span.first <= row.day <= span.last]
        sums = {kind: sum(row.minor for row in inside if row.kind == kind) for kind in Kind}
        many = {kind: sum(row.count for row in inside if row.kind == kind) for kind in Kind}
        row = RecurringRow(
            span, Money(stood, currency), there,
            Money(sums[Kind.NEW], currency), Money(sums[Kind.EXPANSION], currency),
            Money(sums[Kind.CONTRACTION], currency), Money(sums[Kind.CHURN], currency),
            many[Kind.NEW], many[Kind.CHURN],
        )  # fmt: skip
        rows.append(row)
        stood, there = row.after.minor, row.closed
    return tuple(rows)
