"""What is on sale."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

ONE_TERM = (
    Q(months__gte=1, days=0, hours=0) | Q(months=0, days__gte=1, hours=0) | Q(months=0, days=0, hours__gte=1)
)
"""A plan is of months, of days or of hours."""


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
    meters = models.JSONField(default=list, db_default=[])
    add_ons = models.JSONField(default=list, db_default=[])
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
    """A term a product can be had for: so many months, days or hours.  trial_days: free before the first."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    product = models.ForeignKey(Product, models.PROTECT, related_name="plans")
    slug = models.CharField(max_length=60)
    position = models.PositiveIntegerField()
    months = models.PositiveIntegerField()
    days = models.PositiveIntegerField(default=0, db_default=0)
    hours = models.PositiveIntegerField(default=0, db_default=0)
    trial_days = models.PositiveIntegerField(default=0, db_default=0)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "slug"], name="shop_plan_slug"),
            models.CheckConstraint(condition=ONE_TERM, name="shop_plan_one_term"),
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
