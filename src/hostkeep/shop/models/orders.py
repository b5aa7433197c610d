"""What lies in carts, and what was ordered."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from hostkeep.shop.models.promo import PromoCode
from hostkeep.vault.columns import Place, SealedColumn


class Cart(models.Model):
    """A cart: found by the hash of the token its browser holds, or by its account."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    brand = models.CharField(max_length=32)
    token_hash = models.CharField(max_length=64, unique=True)
    account = models.ForeignKey("people.Account", models.CASCADE, null=True, related_name="+")
    currency = models.CharField(max_length=3)
    promo = models.ForeignKey(PromoCode, models.SET_NULL, null=True, related_name="+")
    opened_at = models.DateTimeField()
    touched_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["brand", "account"], condition=~Q(account=None), name="shop_cart_of_account"
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


class CartLine(models.Model):
    """So many of one plan with one set of choices.  seen: what its first term cost when it was put in.

    chosen  plan (id), choices (ids) and answers (by question); sealed, so that equal lines are told apart in
            Python, under the cart's lock.  Catalogue rows are retired, never deleted, so the ids hold
    """

    SEALED = Place("cart", brand="cart__brand", subject=("cart__account__subject", "cart_id"))

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    cart = models.ForeignKey(Cart, models.CASCADE, related_name="lines")
    chosen = SealedColumn()
    quantity = models.PositiveIntegerField()
    added_at = models.DateTimeField()
    seen_minor = models.BigIntegerField()
    seen_currency = models.CharField(max_length=3)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=20), name="shop_cart_line_quantity"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Order(models.Model):
    """One checkout.  What it holds never changes; what becomes of it is told by invoices and services.

    total_minor  due for the first terms in list prices, discount_minor taken off
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    brand = models.CharField(max_length=32)
    account = models.ForeignKey("people.Account", models.PROTECT, related_name="+")
    cart = models.UUIDField()
    currency = models.CharField(max_length=3)
    total_minor = models.BigIntegerField()
    discount_minor = models.BigIntegerField(default=0, db_default=0)
    once_hash = models.CharField(max_length=64)
    content = models.CharField(max_length=64)
    placed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["brand", "once_hash"], name="shop_order_once")]
        indexes = [models.Index(fields=["account", "-placed_at"], name="shop_order_of_account")]

    def __str__(self) -> str:
        return str(self.id)


class OrderLine(models.Model):
    """A line of an order, copied from the catalogue as it stood; what tells the product is sealed.

    discount_minor  what a promo code takes off the first term of all its pieces
    trial_days      free before the first term; one that has some is its account's trial of the product
    add_ons         what was taken beside it, one piece's, or null for nothing
    add_on_minor, add_on_once_minor  what these come to for all pieces: each term, and once
    """

    SEALED = Place("chosen_service", brand="order__brand", subject=("order__account__subject",))

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    order = models.ForeignKey(Order, models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField()
    product = SealedColumn()
    plan = SealedColumn()
    title = SealedColumn()
    months = models.PositiveIntegerField()
    days = models.PositiveIntegerField(default=0, db_default=0)
    hours = models.PositiveIntegerField(default=0, db_default=0)
    quantity = models.PositiveIntegerField()
    options = SealedColumn()
    add_ons = SealedColumn(null=True)
    add_on_minor = models.BigIntegerField(default=0, db_default=0)
    add_on_once_minor = models.BigIntegerField(default=0, db_default=0)
    recurring_minor = models.BigIntegerField()
    setup_minor = models.BigIntegerField()
    discount_minor = models.BigIntegerField(default=0, db_default=0)
    trial_days = models.PositiveIntegerField(default=0, db_default=0)
    driver = SealedColumn()
    spec = SealedColumn()
    answers = SealedColumn()
    requires = SealedColumn()
    recipient = SealedColumn()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="shop_order_line_place"),
            models.CheckConstraint(
                condition=Q(discount_minor__gte=0, discount_minor__lte=F("recurring_minor")),
                name="shop_order_line_discount",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}/{self.position}"


class Receipt(models.Model):
    """An order that a browser may look at by the token it holds."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    order = models.ForeignKey(Order, models.CASCADE, related_name="+")
    token_hash = models.CharField(max_length=64)
    kept_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token_hash", "order"], name="shop_receipt_once")]

    def __str__(self) -> str:
        return str(self.id)
