"""New prices for those who have a plan: announced with the notice that the brand promises, or taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hostkeep.audit.recorded import recorded
from hostkeep.brands.queries import brand
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import Ref
from hostkeep.kernel.money import Money
from hostkeep.runtime.outbox import publish
from hostkeep.subscriptions.errors import BadPrice, NoSuchChange, PriceHolds
from hostkeep.subscriptions.events import PriceAnnounced
from hostkeep.subscriptions.models import PriceChange
from hostkeep.subscriptions.rules.agreeing import MOST_MINOR
from hostkeep.subscriptions.rules.pricing import could_hold, promised


@dataclass(frozen=True, slots=True)
class Announced:
    """A price change that stands, or was taken back.  effective_at: from when it would hold."""

    id: UUID
    effective_at: datetime

    @property
    def ref(self) -> Ref:
        """The change."""
        return Ref("subscriptions.price_change", self.id)


@recorded("subscriptions.price.announced")
def announce_price(
    act: Act, *, product: str, plan: str, each: Money, effective_at: datetime | None = None, add_on: str = ""
) -> Announced:
    """Announce another price of a plan of act.brand, or of an add-on beside it, to those who have it.

    product, plan, add_on  slugs of the catalogue; without an add-on it is the plan's price
    each           for a whole term, as the brand's prices are; of an add-on: one piece
    effective_at   not before the promised notice is over; None: then

    It holds for periods that begin from then on, of those who took the plan, or the add-on, before now.
    The same once more changes nothing.  Writes a PriceChange and publishes PriceAnnounced.
    Raises PriceLocked, NoticeTooShort, DateOutOfReach, BadPrice.
    """
    holds_from = could_hold(promised(brand(act.brand).words), announced_at=act.at, since=effective_at)
    if not 0 <= each.minor <= MOST_MINOR or each.currency.code not in brand(act.brand).currencies:
        raise BadPrice
    told = {
        "brand": act.brand, "product": product, "plan": plan, "add_on": add_on,
        "currency": each.currency.code,
    }  # fmt: skip
    newest = PriceChange.objects.filter(**told, withdrawn_at=None)
    known = newest.order_by("-announced_at").first()
    if known is not None and known.minor == each.minor and effective_at in {None, known.effective_at}:
        return Announced(known.id, known.effective_at)
    row = PriceChange.objects.create(
        **told, minor=each.minor, set_by=act.actor[:64], announced_at=act.at, effective_at=holds_from
    )
    publish(act, PriceAnnounced(row.id))
    return Announced(row.id, row.effective_at)


@recorded("subscriptions.price.withdrawn")
def withdraw_price(act: Act, *, change: UUID) -> Announced:
    """Take a price change back before its day.

    Periods that were billed ahead at it stay as they are.  Again: changes nothing.
    Raises NoSuchChange, and PriceHolds once its day has come.
    """
    row = PriceChange.objects.select_for_update().filter(id=change, brand=act.brand).first()
    if row is None:
        raise NoSuchChange
    if row.withdrawn_at is None:
        if row.effective_at <= act.at:
            raise PriceHolds
        row.withdrawn_at = act.at
        row.save(update_fields=["withdrawn_at"])
    return Announced(row.id, row.effective_at)
