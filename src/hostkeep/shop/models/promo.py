"""Promo codes and their uses."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q


class PromoCode(models.Model):
    """A discount with conditions.

    value     millionths of the price ("percent"), or minor units of its currency ("fixed")
    groups, products, plans  slugs that it is good for; empty: all
    cycles    terms in months that it is good for; empty: all
    periods   for how many periods of a term it holds, the first among them; None: for good
    least     what an order comes to at least, in list prices: minor units by currency; empty: no bound
    most_uses, most_each  in all, and by one account; None: without a limit
    uses      reserved or committed now; changed under the row's lock alone
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    brand = models.CharField(max_length=32)
    code = models.CharField(max_length=40)
    title = models.JSONField()
    kind = models.CharField(max_length=8)
    value = models.BigIntegerField()
    currency = models.CharField(max_length=3, blank=True)
    groups = models.JSONField(default=list, db_default=[])
    products = models.JSONField(default=list)
    plans = models.JSONField(default=list)
    cycles = models.JSONField(default=list)
    periods = models.PositiveSmallIntegerField(null=True, default=1)
    least = models.JSONField(default=dict, db_default={})
    most_uses = models.PositiveIntegerField(null=True)
    most_each = models.PositiveIntegerField(null=True)
    new_customers_only = models.BooleanField(default=False)
    uses = models.PositiveIntegerField(default=0)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["brand", "code"], name="shop_promo_once"),
            models.CheckConstraint(
                condition=Q(kind="percent", value__gte=1, value__lte=1_000_000, currency="")
                | (Q(kind="fixed", value__gte=1) & ~Q(currency="")),
                name="shop_promo_value",
            ),
            models.CheckConstraint(
                condition=Q(most_uses=None) | Q(uses__lte=F("most_uses")), name="shop_promo_not_over"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Redemption(models.Model):
    """One use of a promo code by an order: reserved with it, committed when it is paid, else released.

    account         a handle, to count the uses of one account; no other fact of a person.  It is in its
                    owner's own copy
    invoice         the order's first invoice, once there is one
    discount_minor  what it takes off that invoice, in list prices and the order's currency
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    promo = models.ForeignKey(PromoCode, models.PROTECT, related_name="redemptions")
    order = models.OneToOneField("Order", models.PROTECT, related_name="redemption")
    account = models.UUIDField()
    invoice = models.UUIDField(null=True, unique=True)
    state = models.CharField(max_length=9, default="reserved")
    reason = models.CharField(max_length=16, blank=True)
    discount_minor = models.BigIntegerField()
    reserved_at = models.DateTimeField()
    committed_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["reserved", "committed", "released"]), name="shop_redemption_state"
            ),
            models.CheckConstraint(condition=Q(discount_minor__gte=0), name="shop_redemption_sign"),
        ]
        indexes = [models.Index(fields=["promo", "account"], name="shop_redemption_of")]

    def __str__(self) -> str:
        return self.state
