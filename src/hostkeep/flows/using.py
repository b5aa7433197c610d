"""What a service's use comes to, for who looks at it, and the deeds of its owner and of staff about it.

Whoever looks is let by the policy or sees nothing: where it does not let use be counted, or not that role
look at it, every function here refuses and names the clause.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from hostkeep.brands.applying import policy_for
from hostkeep.brands.queries import policy_in_force
from hostkeep.flows.metering import (
    BILLING,
    Outlook,
    demand_counted,
    kept_for,
    may_count,
    outlook,
    priced,
    watch_limits,
)
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, BrandId, PurposeId, ServiceId, SubjectId
from hostkeep.kernel.money import Money
from hostkeep.people.queries import account as account_row
from hostkeep.policy.book import Policy
from hostkeep.provisioning.queries import ServiceTold
from hostkeep.provisioning.queries import service as service_row
from hostkeep.shop.queries.meters import meters_of_products
from hostkeep.subscriptions.actions.limiting import limit_meter
from hostkeep.subscriptions.actions.reading_by_hand import ByHand, write_reading
from hostkeep.subscriptions.errors import NoSuchMeter
from hostkeep.subscriptions.queries.metering import MeterRow, UseRow, days_used, meter, meters_of, uses_of
from hostkeep.subscriptions.rules.metering import Meter
from hostkeep.vault.column_door import use_columns

SERVICE = PurposeId("service")
MOST_MONTHS = 36
"""Months that are listed of each meter."""


@dataclass(frozen=True, slots=True)
class MeterUse:
    """A meter and what was used of it.

    days     of the period that is open, by the day a reading began, in the meter's smallest unit
    earlier  what is open and has no such day: it began before, or was added up
    past     periods that were billed, newest first
    """

    outlook: Outlook
    days: Mapping[date, int]
    earlier: int
    past: tuple[UseRow, ...]


def sold_with(
    policy: Policy, *, brand: BrandId, products: Iterable[str], currency: str, language: str
) -> Mapping[str, tuple[Meter, ...]]:
    """Return what is counted of products on sale, by their slugs, at prices in one currency of the brand.

    Nothing where the policy does not let use be counted.  One query.
    """
    if may_count(policy) is not None:
        return {}
    found = meters_of_products(brand, products)
    return {
        slug: tuple(priced(entry, currency=currency, language=language) for entry in entries)
        for slug, entries in found.items()
    }


def may_look(act: Act, of: AccountId) -> bool:
    """Say whether use of an account's services may be counted and act's role look at it.  Opens nothing."""
    policy = policy_for(act.brand, account_row(of).subject, act.at)
    return may_count(policy) is None and may_count(policy, role=act.role) is None


def is_counted(act: Act, *, of: AccountId, service: ServiceId) -> bool:
    """Say whether use of a service is counted and act's role may look at it.  Opens nothing."""
    return may_look(act, of) and bool(meters_of(of, service=service))


def services_counted(act: Act, *, of: AccountId) -> tuple[tuple[ServiceId, str], ...]:
    """Return which services of an account are counted, with titles; none that act's role may not see."""
    if not may_look(act, of):
        return ()
    services = dict.fromkeys(row.service for row in meters_of(of))
    rows = [service_row(each) for each in services]

    def read(told: Sequence[ServiceTold | None]) -> tuple[tuple[ServiceId, str], ...]:
        return tuple((row.id, one.title if one else "") for row, one in zip(rows, told, strict=True))

    return use_columns(act.for_purpose(BILLING), wishes=[row.wish for row in rows], fn=read)


def meters(act: Act, *, of: AccountId, service: ServiceId) -> tuple[MeterRow, ...]:
    """Return the meters of an account's service, closed.  Raises NotMetered."""
    _demand(act, account_row(of).subject)
    return meters_of(of, service=service)


def use_of(act: Act, *, of: AccountId, service: ServiceId, zone: str) -> tuple[MeterUse, ...]:
    """Return what was used of an account's service and what it comes to; nothing where nothing is counted.

    zone  whose days are told, an IANA name
    Raises NotMetered.
    """
    _demand(act, account_row(of).subject)
    rows = meters_of(of, service=service)
    days, past = days_used(rows, zone=zone), _by_meter(uses_of(of, service=service, first=_most(rows)))
    return tuple(
        MeterUse(
            each, days[each.row.id], each.used - sum(days[each.row.id].values()), past.get(each.row.id, ())
        )
        for each in outlook(act.for_purpose(BILLING), rows)
    )


def set_limits(
    act: Act, *, of: AccountId, service: ServiceId, metered: UUID, cap: Money | None, alert: Money | None
) -> None:
    """Set what an owner will not go over in a month for one meter, and when they want to hear of it.

    One that is reached already is told at once.  Raises NotMetered, NoSuchMeter, BadLimit.
    """
    _demand(act, account_row(of).subject)
    row = _meter(metered, of=of, service=service)
    limit_meter(act, metered=row.id, cap=cap, alert=alert)
    watch_limits(act, meters=[row.id])


def enter_reading(act: Act, *, of: AccountId, service: ServiceId, metered: UUID, entered: ByHand) -> None:
    """Count a reading that staff enter, once a key.

    Raises NotMetered, NoSuchMeter, BadReading, ReadDifferently.
    """
    _demand(act, account_row(of).subject)
    row = _meter(metered, of=of, service=service)
    oldest = kept_for(policy_in_force(act.brand, act.at))
    write_reading(act, metered=row.id, entered=entered, oldest=oldest)
    watch_limits(act, meters=[row.id])


def _demand(act: Act, whose: SubjectId) -> None:
    """Refuse where the person's policy does not let act's role look at use.  Raises NotMetered."""
    demand_counted(act, frozenset({whose}), role=act.role)


def _meter(metered: UUID, *, of: AccountId, service: ServiceId) -> MeterRow:
    """Return a meter of a service.  Raises NoSuchMeter, also for another's."""
    row = meter(metered, of=of)
    if row.service != service:
        raise NoSuchMeter
    return row


def _most(rows: Sequence[MeterRow]) -> int:
    return MOST_MONTHS * max(1, len(rows))


def _by_meter(past: Sequence[UseRow]) -> dict[UUID, tuple[UseRow, ...]]:
    """Sort billed periods by their meter."""
    found: dict[UUID, tuple[UseRow, ...]] = {}
    for row in past:
        found[row.metered] = (*found.get(row.metered, ()), row)
    return found
