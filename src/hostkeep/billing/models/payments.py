"""Money: asked for, come, used, given back."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from hostkeep.billing.models.documents import Invoice
from hostkeep.billing.rules.aside import ASIDE
from hostkeep.billing.rules.attempts import ATTEMPT_STATES
from hostkeep.vault.columns import Place, SealedColumn


class StoredMethod(models.Model):
    """A way to pay that the gateway keeps and we may charge again, where the policy lets us hold it.

    token         what the gateway charges by, of a waiting one its page; label: what its owner knows it by
                  ("Visa 4242")
    once          the key under which the gateway was asked to keep it
    forgotten_at  when the gateway let go of an ended one; token and label are empty from then on
    """

    SEALED = Place("card", brand="brand", subject=("subject",))

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    once = models.CharField(max_length=64, unique=True)
    brand = models.CharField(max_length=32)
    account = models.UUIDField()
    subject = models.UUIDField()
    gateway = models.CharField(max_length=32)
    token = SealedColumn()
    label = SealedColumn()
    preferred = models.BooleanField(default=False)
    state = models.CharField(max_length=8, default="waiting")
    expires_on = models.DateField(null=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    forgotten_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "ready", "ended"]), name="method_state_known"
            ),
            models.UniqueConstraint(
                fields=["account"], condition=Q(preferred=True, state="ready"), name="one_preferred_method"
            ),
        ]
        indexes = [
            models.Index(fields=["account"], name="method_of_account"),
            models.Index(fields=["created_at"], name="method_open", condition=Q(forgotten_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.state}"


class TopUp(models.Model):
    """Credit that an account's owner wants to put in.  No supply and no document of tax law: docs/credit.md.

    reference  what a payer writes on a bank transfer
    meant_for  ids of the documents on which it goes as it comes, the first due first; None: it stays credit
    paid_at    when money came for it; whatever came is the account's credit, or was for a moment
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    once = models.CharField(max_length=64, unique=True)
    brand = models.CharField(max_length=32)
    account = models.UUIDField()
    minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reference = models.CharField(max_length=25)
    meant_for = models.JSONField(null=True)
    created_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["brand", "reference"], name="top_up_reference_once"),
            models.CheckConstraint(condition=Q(minor__gt=0), name="top_up_is_something"),
        ]
        indexes = [models.Index(fields=["account", "-created_at"], name="top_up_of_account")]

    def __str__(self) -> str:
        return self.reference


class PaymentAttempt(models.Model):
    """Money asked of a gateway, for an invoice or a top-up.

    visit      where the payer goes, or empty
    handle     the gateway's own id of what waits, or empty where our key is enough to find it
    method     the stored method that was charged without the payer, or None
    shown_at   when its payer was last sent to the gateway's page, or None
    looked_at  when the sweep last asked the gateway what became of it, or None
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    once = models.CharField(max_length=64, unique=True)
    brand = models.CharField(max_length=32)
    invoice = models.ForeignKey(Invoice, null=True, on_delete=models.PROTECT, related_name="attempts")
    top_up = models.ForeignKey(TopUp, null=True, on_delete=models.PROTECT, related_name="attempts")
    gateway = models.CharField(max_length=32)
    minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=8, default="waiting")
    code = models.CharField(max_length=16, blank=True)
    visit = models.CharField(max_length=2000, blank=True)
    handle = models.CharField(max_length=140, blank=True)
    method = models.ForeignKey("StoredMethod", null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    shown_at = models.DateTimeField(null=True)
    looked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ATTEMPT_STATES), name="attempt_state_known"),
            models.CheckConstraint(condition=Q(minor__gt=0), name="attempt_asks_something"),
            models.CheckConstraint(
                condition=Q(invoice__isnull=False, top_up=None) | Q(invoice=None, top_up__isnull=False),
                name="attempt_is_for_one_thing",
            ),
        ]
        indexes = [
            models.Index(
                fields=["created_at"], name="attempt_open", condition=Q(state__in=["waiting", "unknown"])
            ),
            models.Index(
                fields=["created_at"], name="attempt_named", condition=~Q(handle="") | ~Q(visit="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.state}"


class Payment(models.Model):
    """Money that came, as it came.  account: whose it is, once that is known.

    proof       the bank's or gateway's own id of it; "gone:" and our own once the years of payments are over
    turns       how often a match was taken back
    aside       why nobody's money waits for no invoice: a word of rules.aside; empty: it waits for one
    aside_why   a word of the same place; aside_at: since when
    back_ref    the reference that staff write on the transfer that sends it back
    back_proof  the bank's own id of that transfer
    """

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
    turns = models.PositiveSmallIntegerField(default=0, db_default=0)
    aside = models.CharField(max_length=8, blank=True, default="", db_default="")
    aside_why = models.CharField(max_length=12, blank=True, default="", db_default="")
    aside_at = models.DateTimeField(null=True)
    back_ref = models.CharField(max_length=25, blank=True, default="", db_default="")
    back_proof = models.CharField(max_length=140, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["gateway", "proof"], name="one_payment_a_proof"),
            models.CheckConstraint(condition=Q(minor__gt=0), name="payment_is_something"),
            models.CheckConstraint(condition=Q(aside__in=ASIDE), name="payment_aside_known"),
            models.CheckConstraint(
                condition=Q(aside="") | Q(account=None), name="payment_aside_is_nobodys"
            ),
            models.UniqueConstraint(
                fields=["brand", "back_ref"], condition=~Q(back_ref=""), name="one_payment_a_back_ref"
            ),
            models.UniqueConstraint(
                fields=["gateway", "back_proof"], condition=~Q(back_proof=""), name="one_payment_a_way_back"
            ),
        ]
        indexes = [
            models.Index(fields=["brand", "-received_at"], name="payment_of_brand"),
            models.Index(fields=["brand"], name="payment_unmatched", condition=Q(account=None)),
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.proof}"


class Allocation(models.Model):
    """The part of an invoice that something covers.  Never more in all than the invoice comes to.

    source       "payment", "credit" (what the account held) or "credit_note" (what was taken back)
    payment      of "payment", else None; what is left of a payment is the account's credit
    credit_note  of "credit_note", else None; what is left of one is the account's credit
    """

    id = models.BigAutoField(primary_key=True)
    source = models.CharField(max_length=12, default="payment")
    payment = models.ForeignKey(Payment, null=True, on_delete=models.PROTECT, related_name="allocations")
    credit_note = models.ForeignKey(
        Invoice, null=True, on_delete=models.PROTECT, related_name="used_on", db_index=False
    )
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="allocations")
    minor = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["payment", "invoice"], name="one_allocation_a_pair"),
            models.UniqueConstraint(fields=["credit_note", "invoice"], name="one_use_of_a_note"),
            models.CheckConstraint(condition=Q(minor__gt=0), name="allocation_is_something"),
            models.CheckConstraint(
                condition=(
                    Q(source="payment", payment__isnull=False, credit_note=None)
                    | Q(source="credit", payment=None, credit_note=None)
                    | Q(source="credit_note", payment=None, credit_note__isnull=False)
                ),
                name="allocation_has_its_source",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.minor}"


class GatewayNotice(models.Model):
    """A call-back that was taken, cut down to what it means.  The row is the queue that a worker works off.

    about      "charge", "refund", "method" or "dispute"
    proof      the gateway's own id of the payment, refund or dispute; of: of the payment that is disputed
    fee_minor  what the gateway keeps for a dispute
    state      "new" until a worker has done what follows from it, then "done"; "parked" where it could not
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    gateway = models.CharField(max_length=32)
    event = models.CharField(max_length=64)
    brand = models.CharField(max_length=32)
    once = models.CharField(max_length=64)
    about = models.CharField(max_length=8, default="charge")
    outcome = models.CharField(max_length=32)
    proof = models.CharField(max_length=140, blank=True)
    of = models.CharField(max_length=140, blank=True)
    minor = models.BigIntegerField(null=True)
    fee_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3, blank=True)
    state = models.CharField(max_length=8, default="done")
    attempts = models.PositiveSmallIntegerField(default=0)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["gateway", "event"], name="one_notice_an_event"),
            models.CheckConstraint(
                condition=Q(state__in=["new", "done", "parked"]), name="callback_state_known"
            ),
        ]
        indexes = [models.Index(fields=["at"], name="callback_new", condition=Q(state="new"))]

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


class Refund(models.Model):
    """Money given back the way it came.  Never more in all than the payment brought.

    credit_note  the document that it follows, or None where only credit is paid out
    proof        the gateway's own id of it, once it has one
    looked_at    when the sweep last asked the gateway what became of it, or None
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    once = models.CharField(max_length=64, unique=True)
    brand = models.CharField(max_length=32)
    account = models.UUIDField()
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    credit_note = models.ForeignKey(Invoice, null=True, on_delete=models.PROTECT, related_name="refunds")
    gateway = models.CharField(max_length=32)
    minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=8, default="waiting")
    code = models.CharField(max_length=16, blank=True)
    proof = models.CharField(max_length=140, blank=True)
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    looked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ATTEMPT_STATES), name="refund_state_known"),
            models.CheckConstraint(condition=Q(minor__gt=0), name="refund_is_something"),
            models.UniqueConstraint(
                fields=["gateway", "proof"], condition=~Q(proof=""), name="one_refund_a_proof"
            ),
        ]
        indexes = [
            models.Index(
                fields=["created_at"], name="refund_open", condition=Q(state__in=["waiting", "unknown"])
            )
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.state}"


class Dispute(models.Model):
    """A payer had their bank take a payment back.  fee_minor: what the gateway asks for it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    brand = models.CharField(max_length=32)
    gateway = models.CharField(max_length=32)
    proof = models.CharField(max_length=140)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="disputes")
    minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=8, default="open")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["gateway", "proof"], name="one_dispute_a_proof"),
            models.CheckConstraint(
                condition=Q(state__in=["open", "won", "lost"]), name="dispute_state_known"
            ),
            models.CheckConstraint(condition=Q(minor__gt=0, fee_minor__gte=0), name="dispute_is_something"),
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.state}"


class CreditEntry(models.Model):
    """Credit that was given, taken or used by hand or by a rule; the ledger holds how much there is.

    minor   what it adds to the account's credit, or takes from it
    kind    a CreditKind of rules.crediting; reason: why staff moved it, a word of the same place
    about   the invoice it went on, the payment it came from or the refund it became; None for a gift
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    once = models.CharField(max_length=64, unique=True)
    brand = models.CharField(max_length=32)
    account = models.UUIDField()
    kind = models.CharField(max_length=12)
    minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    about = models.UUIDField(null=True)
    reason = models.CharField(max_length=12, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(minor=0), name="credit_moves")]
        indexes = [models.Index(fields=["account", "-at"], name="credit_of_account")]

    def __str__(self) -> str:
        return f"{self.kind} {self.minor}"
