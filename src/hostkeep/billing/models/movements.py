"""What movements at the bank are known by, and those of which nobody can tell whether they are booked."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from hostkeep.billing.models.payments import Payment
from hostkeep.billing.rules.doubting import DOUBT_STATES


class Doubt(models.Model):
    """A transfer in a bank file that may be a payment which is booked already, under another id.

    proof      account and the bank's own id for it, as a Payment's
    reference  of what it was for, where its words named one thing of ours; else empty
    payment    which one it may be; once it was booked as another: the payment that it became
    state      "waiting" for a person; "same": they said that it came once; "second": it is booked as well
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    brand = models.CharField(max_length=32)
    gateway = models.CharField(max_length=32)
    proof = models.CharField(max_length=140)
    minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    booked_on = models.DateField()
    reference = models.CharField(max_length=25, blank=True)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="doubts")
    state = models.CharField(max_length=8, default="waiting")
    seen_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["gateway", "proof"], name="one_doubt_a_proof"),
            models.CheckConstraint(condition=Q(state__in=DOUBT_STATES), name="doubt_state_known"),
            models.CheckConstraint(condition=Q(minor__gt=0), name="doubt_is_something"),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_at=None)
                | (~Q(state="waiting") & Q(decided_at__isnull=False)),
                name="doubt_decided_once",
            ),
        ]
        indexes = [
            models.Index(fields=["seen_at"], name="doubt_waiting", condition=Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.state}"


class BankId(models.Model):
    """An id under which a movement stands in bank files: each that a file told of it, not the best alone.

    kind     a word of rules.doubting: two ids of one kind that differ are two movements
    proof    account and id, as a Payment's
    payment  the movement; or doubt, while nobody knows whether it is one of its own
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=8)
    proof = models.CharField(max_length=140)
    payment = models.ForeignKey(Payment, null=True, on_delete=models.PROTECT, related_name="bank_ids")
    doubt = models.ForeignKey(Doubt, null=True, on_delete=models.PROTECT, related_name="bank_ids")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["payment", "proof"], name="one_bank_id_a_payment"),
            models.UniqueConstraint(fields=["doubt", "proof"], name="one_bank_id_a_doubt"),
            models.CheckConstraint(
                condition=Q(payment__isnull=False, doubt=None) | Q(payment=None, doubt__isnull=False),
                name="bank_id_of_one_movement",
            ),
        ]
        indexes = [models.Index(fields=["proof"], name="bank_id_proof")]

    def __str__(self) -> str:
        return self.kind
