"""Limits of metered use: what an owner will not go over in a month, and at what they want to hear of it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from hostkeep.audit.recorded import recorded
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, Ref
from hostkeep.kernel.money import Money
from hostkeep.kernel.period import Period
from hostkeep.runtime.outbox import publish
from hostkeep.subscriptions.errors import NoSuchMeter
from hostkeep.subscriptions.events import LimitReached
from hostkeep.subscriptions.models import Alert, Metered
from hostkeep.subscriptions.rules.metering import limit_of


@dataclass(frozen=True, slots=True)
class Taken:
    """A meter that stands."""

    id: UUID

    @property
    def ref(self) -> Ref:
        """The meter."""
        return Ref("subscriptions.meter", self.id)


@recorded("subscriptions.meter.limited")
def limit_meter(act: Act, *, metered: UUID, cap: Money | None, alert: Money | None) -> Taken:
    """Say what a meter's owner will not go over in a period, and at what they want to hear of it.

    cap, alert  in the subscription's currency; None: without one
    Raises NoSuchMeter, BadLimit.
    """
    row = Metered.objects.select_for_update(of=("self",)).select_related("subscription").filter(
        id=metered, subscription__brand=act.brand, ended_at=None
    ).first()  # fmt: skip
    if row is None:
        raise NoSuchMeter
    code = row.subscription.currency
    row.cap_minor, row.alert_minor = limit_of(cap, code), limit_of(alert, code)
    row.save(update_fields=["cap_minor", "alert_minor"])
    return Taken(row.id)


@recorded("subscriptions.limit.reached")
def note_reached(act: Act, *, metered: UUID, kind: str, period: Period) -> Taken:
    """Note that a limit was reached in a period.  kind: "alert" or "cap".

    The first time in the period writes an Alert and publishes LimitReached; again changes nothing.
    Raises NoSuchMeter.
    """
    row = Metered.objects.select_related("subscription").filter(
        id=metered, subscription__brand=act.brand
    ).first()  # fmt: skip
    if row is None:
        raise NoSuchMeter
    noted, fresh = Alert.objects.get_or_create(
        metered=row, kind=kind, period_starts_at=period.start, defaults={"reached_at": act.at}
    )
    if fresh:
        publish(act, LimitReached(noted.id, AccountId(row.subscription.account)))
    return Taken(row.id)
