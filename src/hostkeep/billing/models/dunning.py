"""What is done about what is owed, and what the daily self-check found."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from hostkeep.billing.models.documents import Invoice


class DunningStep(models.Model):
    """A step of the calendar that was taken about an invoice.  Each exactly once.

    kind     of rules.dunning: "reminder", "charge", "suspend_warning", "suspend", ...
    day      days from the due date, negative before it; of a warning, a stop or an end, which may come again
             after a promise, the day on which it came
    outcome  what came of it, a word of rules.dunning
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    brand = models.CharField(max_length=32)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=20)
    day = models.SmallIntegerField()
    outcome = models.CharField(max_length=16, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["invoice", "kind", "day"], name="one_step_a_day")]
        indexes = [
            models.Index(
                fields=["kind", "at"], name="dunning_open", condition=Q(outcome__in=["asked", "untold"])
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.day}"


class DunningAgenda(models.Model):
    """When an unpaid invoice is to be looked at next.  The row is the queue that the run works off.

    next_at    None: its calendar is over, or it was given up
    failures   how often in a row it went wrong
    code       why, last: a refusal's code or the name of an exception
    parked_at  when it was given up, until staff puts it back
    """

    invoice = models.OneToOneField(
        Invoice, primary_key=True, on_delete=models.PROTECT, related_name="agenda"
    )
    brand = models.CharField(max_length=32)
    next_at = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)
    code = models.CharField(max_length=64, blank=True)
    parked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["next_at"], name="dunning_next", condition=~Q(next_at=None)),
            models.Index(fields=["parked_at"], name="dunning_parked", condition=~Q(parked_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.invoice_id}: {self.next_at}"


class DunningException(models.Model):
    """An account that the calendar treats otherwise: a promise to pay, or nothing stopped or ended.

    kind    of rules.dunning: "promise" (nothing happens before until), "never_stop" or "never_end"
    until   None: for good
    reason  a word of rules.sparing
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    brand = models.CharField(max_length=32)
    account = models.UUIDField()
    kind = models.CharField(max_length=12)
    set_by = models.CharField(max_length=64)
    set_at = models.DateTimeField()
    until = models.DateTimeField(null=True)
    reason = models.CharField(max_length=16, blank=True, db_default="")
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "kind"], condition=Q(lifted_at=None), name="one_exception_a_kind"
            )
        ]

    def __str__(self) -> str:
        return self.kind


class Finding(models.Model):
    """Something that the self-check found not to reconcile.

    what   of rules.reconciling
    about  the document, payment or account it is about, or None for a whole brand
    minor  by how much it is out
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    brand = models.CharField(max_length=32)
    what = models.CharField(max_length=24)
    about = models.UUIDField(null=True)
    minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3, blank=True)
    found_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["brand", "what", "about", "currency"],
                condition=Q(settled_at=None),
                name="one_finding_a_fault",
                nulls_distinct=False,
            )
        ]
        indexes = [models.Index(fields=["about"], name="finding_about")]

    def __str__(self) -> str:
        return self.what
