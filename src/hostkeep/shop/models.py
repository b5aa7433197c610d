"""Tables of the shop: what is on sale, what lies in carts, what was ordered."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from hostkeep.kernel.columns import Columns, not_personal, personal
from hostkeep.vault.columns import Place, SealedColumn

PLAIN: Columns = {
    "Catalogue.brand": not_personal("a brand's id"),
    "Catalogue.digest": not_personal("SHA-256 of a catalogue file"),
    "Group.brand": not_personal("a brand's id"),
    "Group.slug": not_personal("our own name"),
    "Group.title": not_personal("our own text by language"),
    "Group.text": not_personal("our own text by language"),
    "Product.brand": not_personal("a brand's id"),
    "Product.slug": not_personal("our own name"),
    "Product.title": not_personal("our own text by language"),
    "Product.text": not_personal("our own text by language"),
    "Product.facts": not_personal("our own texts by language"),
    "Product.driver": not_personal("name of a driver"),
    "Product.spec": not_personal("what a driver is asked to build, from the catalogue"),
    "Product.requires": not_personal("ids of policy categories"),
    "Product.recipient": not_personal("id of a recipient of the policy"),
    "Product.questions": not_personal("our own texts by language"),
    "Plan.slug": not_personal("our own name"),
    "Price.currency": not_personal("ISO 4217"),
    "Option.slug": not_personal("our own name"),
    "Option.title": not_personal("our own text by language"),
    "Choice.slug": not_personal("our own name"),
    "Choice.title": not_personal("our own text by language"),
    "Choice.note": not_personal("our own text by language"),
    "Choice.spec": not_personal("what a driver is asked to build, from the catalogue"),
    "ChoicePrice.currency": not_personal("ISO 4217"),
    "Cart.brand": not_personal("a brand's id"),
    "Cart.token_hash": not_personal("SHA-256 of a random token"),
    "Cart.currency": not_personal("ISO 4217"),
    "CartLine.chosen": personal("cart", sealed="by vault.columns: what somebody means to buy"),
    "CartLine.seen_currency": not_personal("ISO 4217"),
    "Order.brand": not_personal("a brand's id"),
    "Order.currency": not_personal("ISO 4217"),
    "Order.once_hash": not_personal("SHA-256 of an idempotency key"),
    "Order.content": not_personal("SHA-256 over ids and an amount"),
    "OrderLine.product": personal("chosen_service", sealed="by vault.columns: what somebody bought"),
    "OrderLine.plan": personal("chosen_service", sealed="by vault.columns: what somebody bought"),
    "OrderLine.title": personal("chosen_service", sealed="by vault.columns: what somebody bought"),
    "OrderLine.options": personal("chosen_service", sealed="by vault.columns: what somebody chose"),
    "OrderLine.driver": personal("chosen_service", sealed="by vault.columns: tells what somebody bought"),
    "OrderLine.spec": personal("chosen_service", sealed="by vault.columns: tells what somebody chose"),
    "OrderLine.answers": personal("chosen_service", sealed="by vault.columns: what somebody answered"),
    "OrderLine.requires": personal("chosen_service", sealed="by vault.columns: tells what somebody bought"),
    "OrderLine.recipient": personal("chosen_service", sealed="by vault.columns: tells what somebody bought"),
    "Receipt.token_hash": not_personal("SHA-256 of a random token"),
    "*.*_at": not_personal("when a thing of the catalogue was changed, or a cart or order made"),
    "*.since": not_personal("from when a price holds"),
    "*.until": not_personal("until when a price holds"),
}
"""Why each text column here holds nothing personal."""


class Catalogue(models.Model):
    """The catalogue a brand sells from.  revision: another one after each load that changed something."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    brand = models.CharField(max_length=32, unique=True)
    digest = models.CharField(max_length=64)
    revision = models.UUIDField(default=uuid.uuid4)
    loaded_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.brand


class Group(models.Model):
    """A shelf: products that are compared with one another."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    brand = models.CharField(max_length=32)
    slug = models.CharField(max_length=60)
    position = models.PositiveIntegerField()
    title = models.JSONField()
    text = models.JSONField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["brand", "slug"], name="shop_group_slug")]

    def __str__(self) -> str:
        return self.slug


class Product(models.Model):
    """What is sold.  stock: pieces left, None where it never runs out."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    brand = models.CharField(max_length=32)
    group = models.ForeignKey(Group, models.PROTECT, related_name="products")
    slug = models.CharField(max_length=60)
    position = models.PositiveIntegerField()
    title = models.JSONField()
    text = models.JSONField()
    facts = models.JSONField()
    driver = models.CharField(max_length=40)
    spec = models.JSONField()
    requires = models.JSONField()
    recipient = models.CharField(max_length=60, blank=True)
    questions = models.JSONField()
    resold = models.BooleanField()
    hidden = models.BooleanField()
    stock = models.IntegerField(null=True)
    stock_given = models.IntegerField(null=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["brand", "slug"], name="shop_product_slug"),
            models.CheckConstraint(condition=Q(stock=None) | Q(stock__gte=0), name="shop_product_stock"),
        ]

    def __str__(self) -> str:
        return self.slug


class Plan(models.Model):
    """A term a product can be had for."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    product = models.ForeignKey(Product, models.PROTECT, related_name="plans")
    slug = models.CharField(max_length=60)
    position = models.PositiveIntegerField()
    months = models.PositiveIntegerField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "slug"], name="shop_plan_slug"),
            models.CheckConstraint(condition=Q(months__gte=1), name="shop_plan_months"),
        ]

    def __str__(self) -> str:
        return self.slug


class Price(models.Model):
    """What a plan costs in one currency, from since until until (None: today's price)."""

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="prices")
    currency = models.CharField(max_length=3)
    minor = models.BigIntegerField()
    setup_minor = models.BigIntegerField()
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "currency"], condition=Q(until=None), name="shop_price_today"
            ),
            models.CheckConstraint(condition=Q(minor__gte=0, setup_minor__gte=0), name="shop_price_sign"),
        ]

    def __str__(self) -> str:
        return f"{self.minor} {self.currency}"


class Option(models.Model):
    """Something to choose about a product: one of its choices."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    product = models.ForeignKey(Product, models.PROTECT, related_name="options")
    slug = models.CharField(max_length=60)
    position = models.PositiveIntegerField()
    title = models.JSONField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["product", "slug"], name="shop_option_slug")]

    def __str__(self) -> str:
        return self.slug


class Choice(models.Model):
    """A value of an option; the first of an option is taken where nothing else is chosen."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    option = models.ForeignKey(Option, models.PROTECT, related_name="choices")
    slug = models.CharField(max_length=60)
    position = models.PositiveIntegerField()
    title = models.JSONField()
    note = models.JSONField()
    spec = models.JSONField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["option", "slug"], name="shop_choice_slug")]

    def __str__(self) -> str:
        return self.slug


class ChoicePrice(models.Model):
    """What a choice adds in one currency: by the month, and once."""

    choice = models.ForeignKey(Choice, models.PROTECT, related_name="prices")
    currency = models.CharField(max_length=3)
    monthly_minor = models.BigIntegerField()
    once_minor = models.BigIntegerField()
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["choice", "currency"], condition=Q(until=None), name="shop_choice_price_today"
            ),
            models.CheckConstraint(
                condition=Q(monthly_minor__gte=0, once_minor__gte=0), name="shop_choice_price_sign"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.monthly_minor} {self.currency}"


class Cart(models.Model):
    """A cart: found by the hash of the token its browser holds, or by its account."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    brand = models.CharField(max_length=32)
    token_hash = models.CharField(max_length=64, unique=True)
    account = models.ForeignKey("people.Account", models.CASCADE, null=True, related_name="+")
    currency = models.CharField(max_length=3)
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
    """One checkout.  What it holds never changes; what becomes of it is told by invoices and services."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    brand = models.CharField(max_length=32)
    account = models.ForeignKey("people.Account", models.PROTECT, related_name="+")
    cart = models.UUIDField()
    currency = models.CharField(max_length=3)
    total_minor = models.BigIntegerField()
    once_hash = models.CharField(max_length=64)
    content = models.CharField(max_length=64)
    placed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["brand", "once_hash"], name="shop_order_once")]
        indexes = [models.Index(fields=["account", "-placed_at"], name="shop_order_of_account")]

    def __str__(self) -> str:
        return str(self.id)


class OrderLine(models.Model):
    """A line of an order, copied from the catalogue as it stood; what tells the product is sealed."""

    SEALED = Place("chosen_service", brand="order__brand", subject=("order__account__subject",))

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    order = models.ForeignKey(Order, models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField()
    product = SealedColumn()
    plan = SealedColumn()
    title = SealedColumn()
    months = models.PositiveIntegerField()
    quantity = models.PositiveIntegerField()
    options = SealedColumn()
    recurring_minor = models.BigIntegerField()
    setup_minor = models.BigIntegerField()
    driver = SealedColumn()
    spec = SealedColumn()
    answers = SealedColumn()
    requires = SealedColumn()
    recipient = SealedColumn()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "position"], name="shop_order_line_place")]

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
