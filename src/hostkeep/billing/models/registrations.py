"""Documents that a national system of electronic invoices is told of."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from hostkeep.billing.models.documents import Invoice


class Registration(models.Model):
    """How a document stands with the national system that its brand hands documents in to.

    system   name of a driver
    once     the key under which the system takes it one time, a UUID
    state    "waiting" (to be handed in), "unknown" (it was, or may have been: it is looked up first),
             "registered" or "refused" (a person has to see to it)
    number, code  the system's own for it, once it is registered
    answer   the newest word of the system: a code, or empty
    next_at  when it is tried again
    """

    document = models.OneToOneField(
        Invoice, primary_key=True, on_delete=models.PROTECT, related_name="registration"
    )
    brand = models.CharField(max_length=32)
    system = models.CharField(max_length=32)
    once = models.CharField(max_length=36, unique=True)
    state = models.CharField(max_length=10, default="waiting")
    number = models.CharField(max_length=32, blank=True)
    code = models.CharField(max_length=64, blank=True)
    answer = models.CharField(max_length=64, blank=True)
    tries = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    next_at = models.DateTimeField()
    registered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "unknown", "registered", "refused"]),
                name="registration_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state="registered") ^ Q(registered_at=None), name="registered_has_its_time"
            ),
            models.UniqueConstraint(
                fields=["brand", "system", "number"], condition=~Q(number=""), name="one_document_a_number"
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_at"], name="registration_due", condition=Q(state__in=["waiting", "unknown"])
            ),
            models.Index(fields=["brand"], name="registration_refused", condition=Q(state="refused")),
        ]

    def __str__(self) -> str:
        return f"{self.system} {self.state}"
