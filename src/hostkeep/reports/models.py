"""Tables of reports: what recurring revenue stood at, and how it moved, by day."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from hostkeep.kernel.columns import Columns, not_personal
from hostkeep.reports.rules.monthly import Kind

PLAIN: Columns = {
    "Standing.brand": not_personal("slug of a brand"),
    "Standing.currency": not_personal("ISO 4217"),
    "Movement.brand": not_personal("slug of a brand"),
    "Movement.currency": not_personal("ISO 4217"),
    "Movement.kind": not_personal("a word of rules.monthly"),
    "Movement.day": not_personal("a day of the calendar, of all customers together"),
}
"""Why each column here holds nothing personal."""


class Standing(models.Model):
    """What a subscription came to a month when it was last looked at.  It goes when the subscription ends."""

    subscription = models.UUIDField(primary_key=True)
    brand = models.CharField(max_length=32)
    currency = models.CharField(max_length=3)
    minor = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["brand", "subscription"], name="standings_of_brand")]

    def __str__(self) -> str:
        return f"{self.minor}"


class Movement(models.Model):
    """How a brand's recurring revenue moved on a day of its zone, all subscriptions together.

    minor  what it grew by a month, or shrank by if negative
    count  how many subscriptions it was; the sums over all days are what there is
    """

    id = models.BigAutoField(primary_key=True)
    brand = models.CharField(max_length=32)
    currency = models.CharField(max_length=3)
    day = models.DateField()
    kind = models.CharField(max_length=11)
    count = models.PositiveIntegerField()
    minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["brand", "currency", "day", "kind"], name="one_movement_a_day"),
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in Kind]), name="movement_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.kind} {self.minor}"
