"""Tables of billing.  Documents and money are written once: triggers keep them so (second migration)."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from hostkeep.billing.rules.attempts import ATTEMPT_STATES
from hostkeep.kernel.columns import Columns, not_personal, personal
from hostkeep.vault.columns import Place, SealedColumn

PLAIN: Columns = {
    "Series.brand": not_personal("slug of a brand"),
    "Series.kind": not_personal("kind of document, a word of ours"),
    "Invoice.once": not_personal("idempotency key of ours"),
    "Invoice.fingerprint": personal(
        "invoice_party",
        sealed="by vault.columns: a digest over product titles, which a catalogue would help to guess",
    ),
    "Invoice.brand": not_personal("slug of a brand"),
    "Invoice.kind": not_personal("kind of document, a word of ours"),
    "Invoice.number": not_personal("our own number"),
    "Invoice.reference": not_personal("our own number with check digits"),
    "Invoice.currency": not_personal("ISO 4217"),
    "Invoice.prices": not_personal("net or gross"),
    "InvoiceLine.title": personal("invoice_party", sealed="by vault.columns: what somebody bought"),
    "InvoiceLine.about_kind": not_personal("kind of the thing billed, a word of ours"),
    "PaymentAttempt.once": not_personal("idempotency key of ours"),
    "PaymentAttempt.gateway": not_personal("name of a driver"),
    "PaymentAttempt.currency": not_personal("ISO 4217"),
    "PaymentAttempt.state": not_personal("one of four words"),
    "PaymentAttempt.code": not_personal("why it was declined, a word of the driver protocol"),
    "PaymentAttempt.visit": not_personal(
        "address of the gateway's page for this attempt, made of random ids"
    ),
    "PaymentAttempt.brand": not_personal("slug of a brand"),
    "Payment.brand": not_personal("slug of a brand"),
    "Payment.gateway": not_personal("name of a driver"),
    "Payment.proof": personal(
        "payment_ref", plain="the bank's own id of a movement: it is kept once, by a unique index"
    ),
    "Payment.currency": not_personal("ISO 4217"),
    "Payment.reference": personal(
        "payment_ref", plain="a creditor reference of ours with check digits: payments find their invoice"
    ),
    "Payment.booked_on": not_personal("the bank's booking date of a movement of money"),
    "GatewayNotice.gateway": not_personal("name of a driver"),
    "GatewayNotice.event": not_personal("the gateway's own id of its message"),
    "GatewayNotice.once": not_personal("idempotency key of ours"),
    "GatewayNotice.outcome": not_personal("one of four words, with a decline's code"),
    "GatewayNotice.currency": not_personal("ISO 4217 or empty"),
    "GatewayNotice.brand": not_personal("slug of a brand"),
    "BankFile.brand": not_personal("slug of a brand"),
    "BankFile.digest": not_personal("SHA-256 of a file that is not kept"),
    "*.at": not_personal("when a message or file came, or money was set against an invoice"),
    "*.*_at": not_personal("when a document was made or money moved; the law wants it"),
}
"""Why each text column here holds nothing personal."""


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
    """An issued invoice.  Nothing on it ever changes; whether it is paid is told by its allocations."""

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
        ]
        indexes = [
            models.Index(fields=["account", "-issued_at"], name="invoice_of_account"),
            models.Index(fields=["brand", "-issued_at"], name="invoice_of_brand"),
        ]

    def __str__(self) -> str:
        return self.number


class InvoiceLine(models.Model):
    """One line.  minor: its amount, without tax or with it as the invoice's prices are."""

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
    about_kind = models.CharField(max_length=64)
    about_id = models.UUIDField(db_index=True)
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)

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
    """The tax of one rate on one invoice.  rate: integer millionths."""

    id = models.BigAutoField(primary_key=True)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="taxes")
    rate = models.PositiveIntegerField()
    net_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["invoice", "rate"], name="one_tax_a_rate")]

    def __str__(self) -> str:
        return f"{self.rate}: {self.tax_minor}"


class PaymentAttempt(models.Model):
    """Money asked of a gateway.  visit: where the payer goes, or empty."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    once = models.CharField(max_length=64, unique=True)
    brand = models.CharField(max_length=32)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="attempts")
    gateway = models.CharField(max_length=32)
    minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=8, default="waiting")
    code = models.CharField(max_length=16, blank=True)
    visit = models.CharField(max_length=2000, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ATTEMPT_STATES), name="attempt_state_known"),
            models.CheckConstraint(condition=Q(minor__gt=0), name="attempt_asks_something"),
        ]
        indexes = [
            models.Index(
                fields=["created_at"], name="attempt_open", condition=Q(state__in=["waiting", "unknown"])
            )
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.state}"


class Payment(models.Model):
    """Money that came, as it came.  account: whose it is, once that is known."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    brand = models.CharField(max_length=32)
    gateway = models.CharField(max_length=32)
    proof = models.CharField(max_length=140)
    minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    account = models.UUIDField(null=True, db_index=True)
    attempt = models.ForeignKey(PaymentAttempt, null=True, on_delete=models.PROTECT)
    reference = models.CharField(max_length=25, blank=True)
    booked_on = models.DateField(null=True)
    received_at = models.DateTimeField()
    matched_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["gateway", "proof"], name="one_payment_a_proof"),
            models.CheckConstraint(condition=Q(minor__gt=0), name="payment_is_something"),
        ]
        indexes = [
            models.Index(fields=["brand", "-received_at"], name="payment_of_brand"),
            models.Index(fields=["brand"], name="payment_unmatched", condition=Q(account=None)),
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.proof}"


class Allocation(models.Model):
    """The part of a payment that went on an invoice.  What is left of the payment is the account's credit."""

    id = models.BigAutoField(primary_key=True)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="allocations")
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="allocations")
    minor = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["payment", "invoice"], name="one_allocation_a_pair"),
            models.CheckConstraint(condition=Q(minor__gt=0), name="allocation_is_something"),
        ]

    def __str__(self) -> str:
        return f"{self.minor}"


class GatewayNotice(models.Model):
    """A call-back that was taken, cut down to what it means."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    gateway = models.CharField(max_length=32)
    event = models.CharField(max_length=64)
    brand = models.CharField(max_length=32)
    once = models.CharField(max_length=64)
    outcome = models.CharField(max_length=32)
    minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["gateway", "event"], name="one_notice_an_event")]

    def __str__(self) -> str:
        return f"{self.gateway} {self.event}"


class BankFile(models.Model):
    """A bank file that was read to its end.  The file itself is not kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    brand = models.CharField(max_length=32)
    digest = models.CharField(max_length=64)
    entries = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["brand", "digest"], name="one_import_a_file")]

    def __str__(self) -> str:
        return self.digest[:12]
