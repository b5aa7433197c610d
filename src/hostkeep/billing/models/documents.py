"""Documents.  They are written once: triggers keep them so (migrations)."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from hostkeep.vault.columns import Place, SealedColumn


class Series(models.Model):
    """A run of document numbers without a gap.  last: the newest one used."""

    brand = models.CharField(max_length=32)
    kind = models.CharField(max_length=16)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["brand", "kind", "year"], name="one_series_a_year")]

    def __str__(self) -> str:
        return f"{self.brand} {self.kind} {self.year}: {self.last}"


class Invoice(models.Model):
    """A document of rules.numbering.Kind.  Nothing on it ever changes; what is paid is told by allocations.

    kind      "invoice", "debit_note" (owed as an invoice is), "credit_note" (amounts positive, what it takes
              back), "proforma" (a request for payment, in no book) or "canary"
    corrects  the invoice that a credit or debit note corrects, or the proforma that an invoice fulfils
    reason    of a credit or debit note, a word of rules.reasons
    """

    SEALED = Place("invoice_party", brand="brand", subject=("subject",))

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    once = models.CharField(max_length=64, unique=True)
    fingerprint = SealedColumn()
    brand = models.CharField(max_length=32)
    account = models.UUIDField()
    subject = models.UUIDField()
    kind = models.CharField(max_length=16)
    number = models.CharField(max_length=32)
    reference = models.CharField(max_length=25)
    currency = models.CharField(max_length=3)
    prices = models.CharField(max_length=5)
    net_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()
    gross_minor = models.BigIntegerField()
    line_count = models.PositiveSmallIntegerField()
    corrects = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="corrections", db_index=False
    )
    reason = models.CharField(max_length=16, blank=True, db_default="")
    issued_at = models.DateTimeField()
    due_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["brand", "number"], name="number_once_a_brand"),
            models.UniqueConstraint(fields=["brand", "reference"], name="reference_once_a_brand"),
            models.CheckConstraint(condition=Q(due_at__gte=F("issued_at")), name="due_after_issue"),
            models.CheckConstraint(
                condition=Q(gross_minor=F("net_minor") + F("tax_minor")), name="gross_is_net_and_tax"
            ),
            models.CheckConstraint(condition=Q(gross_minor__gte=0), name="gross_not_negative"),
            models.CheckConstraint(condition=Q(prices__in=["net", "gross"]), name="prices_known"),
            models.CheckConstraint(
                condition=Q(kind__in=["invoice", "debit_note", "credit_note", "proforma", "canary"]),
                name="document_kind_known",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["credit_note", "debit_note"]) | Q(corrects__isnull=False),
                name="correction_names_what",
            ),
            models.UniqueConstraint(
                fields=["corrects"], condition=Q(kind="invoice"), name="one_invoice_a_proforma"
            ),
        ]
        indexes = [
            models.Index(fields=["corrects"], name="invoice_corrected", condition=~Q(corrects=None)),
            models.Index(fields=["account", "-issued_at"], name="invoice_of_account"),
            models.Index(fields=["brand", "-issued_at"], name="invoice_of_brand"),
        ]

    def __str__(self) -> str:
        return self.number


class InvoiceLine(models.Model):
    """One line.  minor: its amount, without tax or with it as the invoice's prices are.

    corrects  the line that a line of a credit or debit note corrects
    """

    SEALED = Place(
        "invoice_party", brand="invoice__brand", subject=("invoice__subject",), row=("invoice_id", "position")
    )

    id = models.BigAutoField(primary_key=True)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    title = SealedColumn()
    quantity = models.PositiveIntegerField()
    unit_minor = models.BigIntegerField()
    minor = models.BigIntegerField()
    tax_rate = models.PositiveIntegerField()
    tax_category = models.CharField(max_length=2, default="S")
    exemption = models.CharField(max_length=24, blank=True)
    about_kind = models.CharField(max_length=64)
    about_id = models.UUIDField(db_index=True)
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    corrects = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="corrections", db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["invoice", "position"], name="one_line_a_position"),
            models.CheckConstraint(
                condition=Q(minor=F("unit_minor") * F("quantity")), name="line_is_unit_times_quantity"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.invoice_id}/{self.position}"


class InvoiceTax(models.Model):
    """The tax of one category, exemption and rate on one invoice.  rate: integer millionths."""

    id = models.BigAutoField(primary_key=True)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="taxes")
    rate = models.PositiveIntegerField()
    category = models.CharField(max_length=2, default="S")
    exemption = models.CharField(max_length=24, blank=True)
    net_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["invoice", "rate", "category", "exemption"], name="one_tax_a_rate"
            )
        ]

    def __str__(self) -> str:
        return f"{self.rate}: {self.tax_minor}"


class ProformaEnded(models.Model):
    """A proforma that asks for nothing more: what it asked for will not be given.  Written once.

    reason  a word of rules.reasons
    """

    invoice = models.OneToOneField(
        Invoice, primary_key=True, on_delete=models.PROTECT, related_name="ended"
    )
    reason = models.CharField(max_length=16)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.reason


class TaxDecision(models.Model):
    """Why a document carries the tax it does: the place of supply and what proved it.

    rule     of rules.taxing
    country  ISO 3166-1 alpha-2 of the place of supply; empty where only the seller's is known
    proofs   kinds of proof that agreed ("address", "payment"), words in one text; what they said lies in the
             vault with the buyer's block
    """

    invoice = models.OneToOneField(
        Invoice, primary_key=True, on_delete=models.PROTECT, related_name="decision"
    )
    rule = models.CharField(max_length=24)
    country = models.CharField(max_length=2, blank=True)
    region = models.CharField(max_length=8, blank=True)
    proofs = models.CharField(max_length=80, blank=True)

    class Meta:
        indexes = [models.Index(fields=["country", "region"], name="decision_by_place")]

    def __str__(self) -> str:
        return f"{self.rule} {self.country}"


class NumberCheck(models.Model):
    """What a tax registry answered about a buyer's number.

    mark   keyed digest of the number: another number is another check
    proof  the registry's own id of the consultation, or empty
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    brand = models.CharField(max_length=32)
    account = models.UUIDField()
    mark = models.CharField(max_length=64)
    state = models.CharField(max_length=8)
    proof = models.CharField(max_length=40, blank=True)
    checked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "mark"], name="one_check_a_number"),
            models.CheckConstraint(
                condition=Q(state__in=["valid", "invalid", "unknown"]), name="check_state_known"
            ),
        ]

    def __str__(self) -> str:
        return self.state
