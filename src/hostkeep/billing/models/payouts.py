"""What gateways passed on to the bank."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q


class Payout(models.Model):
    """A brand's share of one pay-out of a gateway; where one brand uses the gateway, all of it.

    proof       the gateway's own id of the pay-out
    minor       what reaches the bank of it, below nothing where the gateway takes money from there
    fee_minor   what the gateway kept of it
    state       "under_way", "arrived" as the gateway believes, or "failed": it is at the gateway again
    settled_at  when it was booked as being at the bank, or None: then it is in transit
    bank_proof  the bank's own id of it, where a bank file told; else empty
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    brand = models.CharField(max_length=32)
    gateway = models.CharField(max_length=32)
    proof = models.CharField(max_length=140)
    minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    arrives_on = models.DateField()
    state = models.CharField(max_length=10, default="under_way")
    booked_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    bank_proof = models.CharField(max_length=140, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["gateway", "proof", "brand"], name="one_payout_a_proof"),
            models.CheckConstraint(
                condition=Q(state__in=["under_way", "arrived", "failed"]), name="payout_state_known"
            ),
            models.CheckConstraint(condition=~Q(minor=0, fee_minor=0), name="payout_is_something"),
            models.CheckConstraint(
                condition=Q(bank_proof="") | Q(settled_at__isnull=False), name="payout_seen_is_settled"
            ),
        ]
        indexes = [
            models.Index(
                fields=["currency", "minor"],
                name="payout_in_transit",
                condition=Q(settled_at=None) & ~Q(state="failed"),
            ),
            models.Index(fields=["-booked_at"], name="payout_newest"),
            models.Index(fields=["bank_proof"], name="payout_at_bank", condition=~Q(bank_proof="")),
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.state}"
