"""Metered use: meters of a subscription, readings of them, and the use of a period that is over.

A reading is a counter between two moments.  Nothing else is taken: no content, no destination, no address.
Whether it may be taken at all the policy says, and flows.metering asks it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from hostkeep.audit.recorded import recorded, recorded_many
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import InvoiceId, Ref
from hostkeep.kernel.money import CURRENCIES, Money, money
from hostkeep.kernel.period import Period
from hostkeep.subscriptions.actions.limiting import Taken
from hostkeep.subscriptions.boxing import BILLING, as_system, meter_wish, seal_meter
from hostkeep.subscriptions.errors import BadReading, NoSuchMeter, NoSuchSubscription, ReadDifferently
from hostkeep.subscriptions.holding import held
from hostkeep.subscriptions.models import Metered, Reading, Subscription, Use
from hostkeep.subscriptions.rules.metering import MOST_QUANTITY, Charge, Meter, charge, checked, limit_of
from hostkeep.vault.column_door import use_columns

LONGEST_KEY = 64
MOST_READINGS = 10_000
OLDEST = timedelta(days=92)
"""A reading of a longer ago than a quarter is a mistake, not news."""

SKEW = timedelta(minutes=5)
"""By so much a node's clock may be ahead of ours."""


@dataclass(frozen=True, slots=True)
class Told:
    """A reading as a node tells it.

    metered   the meter
    once      the node's key of this reading, at most 64 characters, one a meter
    quantity  in the meter's smallest unit, more than nothing
    period    between which moments
    """

    metered: UUID
    once: str
    quantity: int
    period: Period


@dataclass(frozen=True, slots=True)
class Counted:
    """Meters that readings were counted for.  fresh: how many readings were new."""

    ids: tuple[UUID, ...]
    fresh: int
    kind: str = "subscriptions.meter"


@dataclass(frozen=True, slots=True)
class Used:
    """The use of a period that is over, as its invoice line needs it.

    title     what is counted, for paper
    quantity  in the meter's smallest unit
    """

    metered: UUID
    title: str
    unit: str
    per: int
    quantity: int
    charge: Charge


@dataclass(frozen=True, slots=True)
class Closed:
    """Periods of meters that were closed.  again: whether they were before."""

    subscription: UUID
    invoice: InvoiceId | None
    again: bool

    @property
    def ref(self) -> Ref:
        """The subscription."""
        return Ref("subscriptions.subscription", self.subscription)


Bill = Callable[[Act, UUID, Period, Sequence[Used]], InvoiceId | None]
"""Issues the invoice of a subscription's use in the running transaction; None where it comes to nothing."""


@recorded("subscriptions.meter.added")
def add_meter(
    act: Act, *, subscription: UUID, meter: Meter, cap: Money | None = None
) -> Taken:
    """Count something of a subscription from now on, at prices that are agreed with it.

    Raises NoSuchSubscription, BadTariff, BadLimit, vault refusals.
    """
    row = held(subscription, brand=act.brand)
    name = uuid4()
    checked(meter.tariff)
    sealed = seal_meter(act, row, name, meter)
    Metered.objects.create(
        id=name, subscription=row, meter=sealed["meter"], tariff=sealed["tariff"], started_at=act.at,
        cap_minor=limit_of(cap, row.currency),
    )  # fmt: skip
    return Taken(name)


@recorded_many("subscriptions.reading.taken")
def take_readings(act: Act, *, told: Sequence[Told], oldest: timedelta = OLDEST) -> Counted:
    """Count readings, each once, all of them or none.

    told    at most 10,000, of meters of act.brand
    oldest  how long ago a reading may have begun: one that the policy keeps no longer does not come in, so
            one that ended by it is never counted again
    A reading that was counted before is left as it stands.  One of a period that is billed already is billed
    with the next.
    Raises BadReading, NoSuchMeter, ReadDifferently (the key stands for another quantity).
    """
    if len(told) > MOST_READINGS:
        raise BadReading(why="many")
    for each in told:
        _check(each, act.at, min(oldest, OLDEST))
    wanted = {each.metered for each in told}
    known = Metered.objects.filter(id__in=wanted, subscription__brand=act.brand, ended_at=None)
    if set(known.values_list("id", flat=True)) != wanted:
        raise NoSuchMeter
    before = Reading.objects.filter(metered__in=wanted).count()
    Reading.objects.bulk_create(
        [
            Reading(
                metered_id=each.metered, once=each.once, quantity=each.quantity,
                starts_at=each.period.start, ends_at=each.period.end, taken_at=act.at,
            )
            for each in told
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    _demand_same(told)
    return Counted(tuple(sorted(wanted)), Reading.objects.filter(metered__in=wanted).count() - before)


@recorded("subscriptions.use.billed")
def close_period(act: Act, *, subscription: UUID, period: Period, bill: Bill) -> Closed:
    """Bill what was used of a subscription's meters in a period that is over, exactly once.

    bill  issues the invoice, in this transaction, or None where all of it comes to nothing

    Takes up every reading that ended by the period's end and is billed nowhere, and what was added up of
    such.  Writes a Use a meter.
    Again: changes nothing.  Raises NoSuchSubscription, and what bill raises.
    """
    row = held(subscription, brand=act.brand)
    meters = list(
        Metered.objects.filter(subscription=row, started_at__lt=period.end).order_by("started_at", "id")
    )
    done = {use.metered_id: use for use in Use.objects.filter(metered__in=meters, starts_at=period.start)}
    if not meters or done:
        invoice = next((use.invoice for use in done.values() if use.invoice), None)
        return Closed(row.id, InvoiceId(invoice) if invoice else None, again=True)
    readings = {meter.id: _open_readings(meter, period.end) for meter in meters}
    quantities = {meter.id: meter.carried + sum(readings[meter.id].values()) for meter in meters}
    used = _reckoned(act, row, meters, quantities)
    issued = bill(act, row.id, period, used)
    for each in used:
        use = Use.objects.create(
            metered_id=each.metered, starts_at=period.start, ends_at=period.end, quantity=each.quantity,
            full_minor=each.charge.full.minor, minor=each.charge.amount.minor, invoice=issued,
            billed_at=act.at,
        )  # fmt: skip
        Reading.objects.filter(id__in=list(readings[each.metered])).update(use=use)
    Metered.objects.filter(id__in=quantities).exclude(carried=0).update(carried=0)
    return Closed(row.id, issued, again=False)


def _open_readings(meter: Metered, end: datetime) -> dict[int, int]:
    """Return the quantities of readings that are billed nowhere and ended by a time, by id, locked."""
    found = Reading.objects.select_for_update(of=("self",)).filter(metered=meter, use=None, ends_at__lte=end)
    return dict(found.order_by("id").values_list("id", "quantity"))


def _reckoned(
    act: Act, row: Subscription, meters: Sequence[Metered], quantities: Mapping[UUID, int]
) -> list[Used]:
    """Price quantities as it was agreed; the tariffs are opened in one batch.

    Raises NoSuchSubscription where what was agreed is erased.
    """

    def made(opened: Sequence[Meter | None]) -> list[Used]:
        return [
            _used(row, metered, meter, min(quantities[metered.id], MOST_QUANTITY))
            for metered, meter in zip(meters, opened, strict=True)
        ]

    wishes = [meter_wish(row, meter) for meter in meters]
    return use_columns(as_system(act, row, BILLING), wishes=wishes, fn=made)


def _used(row: Subscription, metered: Metered, meter: Meter | None, quantity: int) -> Used:
    """Price one meter's quantity."""
    if meter is None:
        raise NoSuchSubscription
    cap = None if metered.cap_minor is None else money(metered.cap_minor, row.currency)
    told = charge(meter.tariff, quantity, CURRENCIES[row.currency], cap=cap)
    return Used(metered.id, meter.title, meter.tariff.unit, meter.tariff.per, quantity, told)


def _check(told: Told, at: datetime, oldest: timedelta) -> None:
    """Refuse what no meter can have shown.  Raises BadReading."""
    faults = {
        "quantity": not 1 <= told.quantity <= MOST_QUANTITY,
        "future": told.period.end > at + SKEW,
        "age": told.period.start < at - oldest,
        "key": not (0 < len(told.once) <= LONGEST_KEY and told.once.isascii() and told.once.isprintable()),
    }
    for why, wrong in faults.items():
        if wrong:
            raise BadReading(why=why)


def _demand_same(told: Sequence[Told]) -> None:
    """Refuse a key that stands for another reading.  Raises ReadDifferently."""
    keys = {(each.metered, each.once): (each.quantity, each.period) for each in told}
    found = Reading.objects.filter(
        metered__in={each.metered for each in told}, once__in={each.once for each in told}
    )
    for row in found:
        asked = keys.get((row.metered_id, row.once))
        if asked is not None and asked != (row.quantity, Period(row.starts_at, row.ends_at)):
            raise ReadDifferently(meter=str(row.metered_id))
