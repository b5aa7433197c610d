"""What becomes of a promo code's use: reserved with its order, committed when that is paid, else released."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import F

from hostkeep.audit.recorded import recorded
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import InvoiceId, OrderId, Ref
from hostkeep.shop.errors import NoSuchOrder
from hostkeep.shop.models import PromoCode, Redemption


@dataclass(frozen=True, slots=True)
class Redeemed:
    """A use of a code as it stands.  state: "reserved", "committed" or "released".  moved: by this call."""

    redemption: UUID
    state: str
    moved: bool

    @property
    def ref(self) -> Ref:
        """The use."""
        return Ref("shop.redemption", self.redemption)


@recorded("shop.redemption.billed")
def attach_invoice(act: Act, *, order: OrderId, invoice: InvoiceId) -> Redeemed:
    """Say which invoice a reserved use is paid by.  Again: changes nothing.  Raises NoSuchOrder."""
    row = _held(act, order)
    moved = row.invoice is None
    row.invoice = row.invoice or invoice
    row.save(update_fields=["invoice"])
    return Redeemed(row.id, row.state, moved=moved)


@recorded("shop.redemption.committed")
def commit_redemption(act: Act, *, order: OrderId) -> Redeemed:
    """Let a use stand for good: the order is paid.  What is committed or released stays as it is.

    Raises NoSuchOrder (also for an order without a code).
    """
    row = _held(act, order)
    if row.state != "reserved":
        return Redeemed(row.id, row.state, moved=False)
    row.state, row.committed_at = "committed", act.at
    row.save(update_fields=["state", "committed_at"])
    return Redeemed(row.id, row.state, moved=True)


@recorded("shop.redemption.released")
def release_redemption(act: Act, *, order: OrderId, reason: str) -> Redeemed:
    """Give a reserved use back: the order was given up before it was paid.  One that is committed stays.

    reason  "cancelled" (its invoice was taken back) or "closed" (its account was closed before it was owed)
    Raises NoSuchOrder (also for an order without a code).
    """
    row = _held(act, order)
    if row.state != "reserved":
        return Redeemed(row.id, row.state, moved=False)
    row.state, row.reason, row.released_at = "released", reason, act.at
    row.save(update_fields=["state", "reason", "released_at"])
    PromoCode.objects.filter(id=row.promo_id).update(uses=F("uses") - 1)
    return Redeemed(row.id, row.state, moved=True)


def _held(act: Act, order: OrderId) -> Redemption:
    """Return an order's use, its code's row locked before it.  Raises NoSuchOrder."""
    found = Redemption.objects.filter(order=order, order__brand=act.brand)
    promo = found.values_list("promo", flat=True).first()
    if promo is None:
        raise NoSuchOrder
    # The code first, as the order did that reserved it: two that change one code's count wait, and go on.
    PromoCode.objects.select_for_update().get(id=promo)
    return found.select_for_update(of=("self",)).get()
