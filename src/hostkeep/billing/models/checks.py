"""What a check of an order's payment came to, and what a person said of an order that was held back."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from hostkeep.billing.models.documents import Invoice


class PaymentCheck(models.Model):
    """The check of an order that was paid.  One an order; never a value of what it read.

    invoice     the document that billed the order; order: its handle
    outcome     "passed", "refused" (it waits for a person) or "not_needed"
    rule        the rule that refused, a word of rules.qualifying, or empty
    categories  what the check read, sorted, a blank between two
    decision    what a person said of a refusal: "" (it waits), "let_through" or "refused"
    decided_by  who, as in Act.actor; the database takes nobody but staff
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    invoice = models.OneToOneField(Invoice, on_delete=models.PROTECT, related_name="check_of_payment")
    brand = models.CharField(max_length=32)
    account = models.UUIDField(db_index=True)
    order = models.UUIDField(unique=True)
    outcome = models.CharField(max_length=10)
    rule = models.CharField(max_length=24, blank=True)
    categories = models.CharField(max_length=120, blank=True)
    checked_at = models.DateTimeField()
    decision = models.CharField(max_length=11, blank=True)
    decided_by = models.CharField(max_length=48, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=["passed", "refused", "not_needed"]), name="check_outcome_known"
            ),
            models.CheckConstraint(condition=Q(outcome="refused") ^ Q(rule=""), name="refusal_has_its_rule"),
            models.CheckConstraint(
                condition=Q(decision="", decided_by="", decided_at=None)
                | Q(
                    outcome="refused", decision__in=["let_through", "refused"],
                    decided_by__startswith="staff:", decided_at__isnull=False,
                ),
                name="a_person_decides_a_refusal",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(
                fields=["checked_at"], name="check_waits", condition=Q(outcome="refused", decision="")
            )
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.decision}"
