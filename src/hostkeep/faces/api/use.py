"""What a service uses: how much of each meter, what it costs and comes to, past months, and own limits."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema

from hostkeep.brands.queries import BrandRow
from hostkeep.faces.api.keyed import Needs, account_of_key, act_of_key
from hostkeep.faces.api.shapes import Amount, AmountTold, Told, amount, money_of
from hostkeep.flows import using
from hostkeep.kernel.ids import ServiceId
from hostkeep.subscriptions.errors import NoSuchMeter
from hostkeep.subscriptions.queries.metering import UseRow
from hostkeep.subscriptions.rules.metering import Tariff

router = Router()

BILLING = "billing"


class Tier(Schema):
    """A span of quantities beyond what is included, and its price.

    up_to  the last whole unit that belongs to it, or null: without an end
    rate   for one unit, in millionths of a minor unit of the currency; flat: for entering it, in minor units
    """

    up_to: int | None
    rate: int
    flat: int


class Prices(Schema):
    """What use costs.

    model     tiered (each span at its own rate), overage (one rate beyond what is included), volume (all at
              the rate of the span that the whole falls into) or stair_step (that span's flat price)
    unit, per what one is called, and how many of the meter's smallest unit it is
    included  units of a month that cost nothing
    """

    model: str
    unit: str
    per: int
    included: int
    currency: str
    tiers: list[Tier]


class Day(Schema):
    """What was used on a day of the brand's zone, in the meter's smallest unit."""

    day: date
    quantity: int


class Month(Schema):
    """A month that was billed.  full: without the cap.  invoice: null where it cost nothing."""

    starts_at: datetime
    ends_at: datetime
    quantity: int
    amount: Amount
    full: Amount
    invoice: UUID | None


class Meter(Schema):
    """A meter of a service.  Quantities are in its smallest unit, amounts as the brand's prices are.

    used, now      so far in the month that is open, and what that comes to
    expected, end  of the whole month, if it goes on like this
    earlier        what of used has no day: it began before the month, or its days are no longer kept
    alert, cap     limits that the customer set, or null
    """

    id: UUID
    slug: str
    title: str
    starts_at: datetime
    ends_at: datetime
    used: int
    now: Amount
    expected: int
    end: Amount
    alert: Amount | None
    cap: Amount | None
    prices: Prices
    days: list[Day]
    earlier: int
    past: list[Month]


class ServiceUse(Schema):
    """What a service uses."""

    meters: list[Meter]


class LimitsTold(Told):
    """Both limits of a meter, in the subscription's currency; null for none."""

    alert: AmountTold | None
    cap: AmountTold | None


@router.get(
    "/{uuid:service}/use", response=ServiceUse, auth=Needs("services:read"), operation_id="get_use"
)
def get_use(request: HttpRequest, service: UUID) -> ServiceUse:
    """Show what a service uses and what it comes to.  Where the policy lets none be counted: refused."""
    return _use(request, ServiceId(service))


@router.put(
    "/{uuid:service}/use/{uuid:meter}/limits",
    response=ServiceUse,
    auth=Needs("services:write"),
    operation_id="limit_use",
)
def put_limits(request: HttpRequest, service: UUID, meter: UUID, told: LimitsTold) -> ServiceUse:
    """Set what a meter never costs more than in a month, and at what the owner is written."""
    using.set_limits(
        act_of_key(request, BILLING), of=account_of_key(request).id, service=ServiceId(service),
        metered=meter, alert=money_of(told.alert) if told.alert else None,
        cap=money_of(told.cap) if told.cap else None,
    )  # fmt: skip
    return _use(request, ServiceId(service))


def prices_of(tariff: Tariff, currency: str) -> Prices:
    """Show what use costs."""
    return Prices(
        model=tariff.model, unit=tariff.unit, per=tariff.per, included=tariff.included, currency=currency,
        tiers=[Tier(up_to=each.up_to, rate=each.rate, flat=each.flat) for each in tariff.tiers],
    )  # fmt: skip


def _use(request: HttpRequest, service: ServiceId) -> ServiceUse:
    """Show a service's meters.  Raises NotMetered, NoSuchMeter where nothing is counted."""
    brand: BrandRow = request.brand  # type: ignore[attr-defined]
    act = act_of_key(request, BILLING)
    found = using.use_of(act, of=account_of_key(request).id, service=service, zone=brand.zone)
    if not found:
        raise NoSuchMeter
    return ServiceUse(meters=[_meter(each) for each in found])


def _meter(use: using.MeterUse) -> Meter:
    """Show a meter."""
    seen, row = use.outlook, use.outlook.row
    return Meter(
        id=row.id, slug=seen.meter.slug, title=seen.meter.title, starts_at=row.period.start,
        ends_at=row.period.end, used=seen.used, now=amount(seen.now), expected=seen.expected,
        end=amount(seen.end), alert=amount(row.alert) if row.alert is not None else None,
        cap=amount(row.cap) if row.cap is not None else None,
        prices=prices_of(seen.meter.tariff, row.currency.code),
        days=[Day(day=day, quantity=used) for day, used in sorted(use.days.items())], earlier=use.earlier,
        past=[_month(each) for each in use.past],
    )  # fmt: skip


def _month(row: UseRow) -> Month:
    """Show a month that was billed."""
    return Month(
        starts_at=row.period.start, ends_at=row.period.end, quantity=row.quantity, amount=amount(row.amount),
        full=amount(row.full), invoice=row.invoice,
    )  # fmt: skip
