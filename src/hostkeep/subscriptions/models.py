"""Tables of subscriptions: what recurs, which periods were billed, what is metered."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from hostkeep.kernel.columns import Columns, not_personal, personal
from hostkeep.vault.columns import Place, SealedColumn

PLAIN: Columns = {
    "Subscription.once": not_personal("idempotency key of ours"),
    "Subscription.brand": not_personal("slug of a brand"),
    "Subscription.currency": not_personal("ISO 4217"),
    "Subscription.unit": not_personal("hour, day, month or year"),
    "Subscription.state": not_personal("a state of rules.states"),
    "Subscription.zone": not_personal("IANA time zone of the brand when it began"),
    "Subscription.told": personal(
        "chosen_service", sealed="by vault.columns: product, plan and choices, as the catalogue names them"
    ),
    "Subscription.stopped_code": not_personal("name of an exception class or a refusal's code"),
    "Subscription.end_reason": not_personal("a word of rules.states"),
    "Part.kind": not_personal("plan, option, add_on or discount"),
    "Part.title": personal("chosen_service", sealed="by vault.columns: what somebody bought"),
    "Part.add_on": personal("chosen_service", sealed="by vault.columns: what somebody bought"),
    "Period.unit": not_personal("hour, day, month or year"),
    "Change.once": not_personal("idempotency key of ours"),
    "Change.kind": not_personal("a word of rules.changing or rules.add_ons"),
    "Change.told": personal("chosen_service", sealed="by vault.columns: what was changed into what"),
    "Change.state": not_personal("waiting, done or dropped"),
    "PeriodTurn.kind": not_personal("taken or billed"),
    "PriceChange.brand": not_personal("slug of a brand"),
    "PriceChange.product": not_personal("a product of the catalogue"),
    "PriceChange.plan": not_personal("a plan of the catalogue"),
    "PriceChange.add_on": not_personal("an add-on of the catalogue, or nothing"),
    "PriceChange.currency": not_personal("ISO 4217"),
    "PriceChange.set_by": not_personal("role and handle"),
    "Metered.meter": personal("chosen_service", sealed="by vault.columns: tells what somebody bought"),
    "Metered.tariff": personal("chosen_service", sealed="by vault.columns: tells what somebody bought"),
    "Reading.once": not_personal("idempotency key of ours"),
    "Alert.kind": not_personal("alert or cap"),
    "*.*_at": not_personal("when something was agreed, begins, ends or is due"),
    "PeriodTurn.at": not_personal("when a bill was taken back or made anew"),
    "Subscription.billed_to": not_personal("the end of a period"),
    "Subscription.trial_to": not_personal("until when it is free"),
    "Subscription.locked_until": not_personal("until when a price was promised"),
}
"""Why each text column here holds nothing personal, or is sealed or excepted."""


class Subscription(models.Model):
    """What recurs for one service.

    unit, count  its term: 1 month, 3 years, 1 hour
    zone         in which its dates are counted
    anchor_at    the moment whose day of the month and time each period begins with
    price_minor  what a whole term comes to, its parts together, as the brand's prices are
    billed_to    the end of the newest period that has an invoice
    renew_at     when the next period's invoice is due to be made, or None: nothing will be made
    ends_at      when it ends, if that is set
    settle_at    when what is billed ahead is to be brought up to its end, or None: it is
    trial_to     until when it is free
    align_day    day of the month to which its periods are brought, or None
    stopped_at   when its renewal was given up, until staff puts it back; stopped_code says why
    told         product, plan, choices and title, by name, sealed
    """

    SEALED = Place("chosen_service", brand="brand", subject=("subject",))

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    once = models.CharField(max_length=128, unique=True)
    brand = models.CharField(max_length=32)
    account = models.UUIDField(db_index=True)
    subject = models.UUIDField()
    service = models.UUIDField(unique=True)
    unit = models.CharField(max_length=5)
    count = models.PositiveSmallIntegerField()
    zone = models.CharField(max_length=64)
    currency = models.CharField(max_length=3)
    price_minor = models.BigIntegerField()
    told = SealedColumn()
    state = models.CharField(max_length=12, default="waiting")
    anchor_at = models.DateTimeField()
    billed_to = models.DateTimeField()
    renew_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=16, blank=True)
    trial_to = models.DateTimeField(null=True)
    locked_until = models.DateTimeField(null=True)
    align_day = models.PositiveSmallIntegerField(null=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    stopped_code = models.CharField(max_length=128, blank=True)
    settle_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(unit__in=["hour", "day", "month", "year"], count__gte=1), name="term_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "trial", "active", "ending", "ended"]),
                name="subscription_state_known",
            ),
            models.CheckConstraint(condition=Q(price_minor__gte=0), name="subscription_price_sign"),
            models.CheckConstraint(condition=Q(billed_to__gte=F("anchor_at")), name="billed_after_anchor"),
        ]
        indexes = [
            models.Index(
                fields=["renew_at", "id"], name="subscription_due", condition=~Q(renew_at=None)
            ),
            models.Index(
                fields=["ends_at"], name="subscription_ending", condition=Q(state="ending")
            ),
            models.Index(
                fields=["settle_at", "id"], name="subscription_settles", condition=~Q(settle_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.state}"


class Part(models.Model):
    """A part of what a subscription comes to: its plan, a choice, an add-on or a discount.

    add_on      which of the catalogue's add-ons it is, and what bills it, sealed; null for another part
    unit_minor  for one term and one piece, as the brand's prices are; negative for a discount
    rate        of a discount that is a part of the plan's price, millionths; unit_minor: what it last was
    cycles_left periods that a discount still holds for, or None: for good
    """

    SEALED = Place(
        "chosen_service", brand="subscription__brand", subject=("subscription__subject",)
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="parts")
    kind = models.CharField(max_length=8)
    title = SealedColumn()
    add_on = SealedColumn(null=True)
    unit_minor = models.BigIntegerField()
    rate = models.PositiveIntegerField(null=True)
    quantity = models.PositiveIntegerField(default=1)
    cycles_left = models.PositiveSmallIntegerField(null=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["plan", "option", "add_on", "discount"]), name="part_kind_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.unit_minor}"


class Period(models.Model):
    """A period that has an invoice.  One a subscription and start: the database lets nobody bill it twice.

    off_rate, off_minor  the discount that it was given, which holds for whatever is had in it: a part of the
                         plan's price in millionths, or an amount for a whole term; nothing for none
    unit, count          the term that it is a period of; nothing for one from before that was kept
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    subscription = models.ForeignKey(
        Subscription, on_delete=models.PROTECT, related_name="periods", db_index=False
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    invoice = models.UUIDField(null=True, db_index=True)
    billed_at = models.DateTimeField()
    off_rate = models.PositiveIntegerField(default=0, db_default=0)
    off_minor = models.BigIntegerField(default=0, db_default=0)
    unit = models.CharField(max_length=5, blank=True, default="", db_default="")
    count = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subscription", "starts_at"], name="one_invoice_a_period"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="period_has_length"),
        ]

    def __str__(self) -> str:
        return f"{self.starts_at} to {self.ends_at}"


class PeriodTurn(models.Model):
    """What became of a period's bill: it was taken back, or the period was billed anew.  Written once.

    no        from 1, in the order in which it happened
    kind      "taken" or "billed"
    document  the note that took it back or the proforma that was withdrawn; or what bills it since
    """

    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="turns", db_index=False)
    no = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=8)
    document = models.UUIDField(db_index=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["period", "no"], name="one_turn_a_time"),
            models.CheckConstraint(condition=Q(kind__in=["taken", "billed"]), name="turn_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.no} {self.kind}"


class Change(models.Model):
    """A change of a subscription that was asked for: another plan or choice, an add-on more or less.

    invoice  what it costs at once, or None; it takes effect when that is paid
    credit_minor  what it gives back
    """

    SEALED = Place(
        "chosen_service", brand="subscription__brand", subject=("subscription__subject",)
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    once = models.CharField(max_length=64, unique=True)
    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=16)
    told = SealedColumn()
    invoice = models.UUIDField(null=True, db_index=True)
    credit_minor = models.BigIntegerField(default=0)
    state = models.CharField(max_length=8, default="waiting")
    asked_at = models.DateTimeField()
    effective_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "done", "dropped"]), name="change_state_known"
            ),
            models.UniqueConstraint(
                fields=["subscription"], condition=Q(state="waiting"), name="one_change_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class PriceChange(models.Model):
    """A new price of a plan, or of an add-on beside it, for those who have it, and from when it holds.

    add_on  of which one piece costs so much for a whole term of the plan; empty: it is the plan's price
    announced_at, effective_at  the notice between the two is what the brand promises
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    brand = models.CharField(max_length=32)
    product = models.CharField(max_length=60)
    plan = models.CharField(max_length=60)
    add_on = models.CharField(max_length=60, blank=True, default="", db_default="")
    currency = models.CharField(max_length=3)
    minor = models.BigIntegerField()
    set_by = models.CharField(max_length=64)
    announced_at = models.DateTimeField()
    effective_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(effective_at__gte=F("announced_at"), minor__gte=0), name="price_change_sane"
            )
        ]
        indexes = [models.Index(fields=["brand", "effective_at"], name="price_changes_of_brand")]

    def __str__(self) -> str:
        return f"{self.product} {self.plan} {self.minor}"


class Metered(models.Model):
    """A meter of a subscription: what is counted and what it costs, as agreed.

    meter   its name in the catalogue, sealed
    tariff  model, tiers and allowance of rules.metering, as JSON, sealed
    cap_minor, alert_minor  what its owner will not go over, and wants to hear of; None for none
    carried  what readings came to that ended by the policy before their month was billed
    """

    SEALED = Place(
        "chosen_service", brand="subscription__brand", subject=("subscription__subject",)
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="meters")
    meter = SealedColumn()
    tariff = SealedColumn()
    cap_minor = models.BigIntegerField(null=True)
    alert_minor = models.BigIntegerField(null=True)
    carried = models.BigIntegerField(default=0, db_default=0)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.id)


class Use(models.Model):
    """What was used of a meter in a period that is over, and what it came to.

    full_minor, minor  without the cap, and what was asked for
    invoice            None where it came to nothing
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    metered = models.ForeignKey(Metered, on_delete=models.PROTECT, related_name="uses", db_index=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    quantity = models.BigIntegerField()
    full_minor = models.BigIntegerField()
    minor = models.BigIntegerField()
    invoice = models.UUIDField(null=True, db_index=True)
    billed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["metered", "starts_at"], name="one_use_a_period"),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at"), quantity__gte=0, minor__lte=F("full_minor")),
                name="use_sane",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity}"


class Reading(models.Model):
    """So much was used between two moments.  A counter and nothing else: no content, no destination.

    quantity  in the meter's smallest unit, more than nothing
    use       the period that it was billed with, or None while it is not; one that comes late is billed
              with the next
    """

    id = models.BigAutoField(primary_key=True)
    metered = models.ForeignKey(Metered, on_delete=models.PROTECT, related_name="readings", db_index=False)
    once = models.CharField(max_length=64)
    quantity = models.BigIntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    taken_at = models.DateTimeField()
    use = models.ForeignKey(Use, null=True, on_delete=models.PROTECT, related_name="readings", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["metered", "once"], name="one_reading_a_key"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, ends_at__gte=F("starts_at")), name="reading_sane"
            ),
        ]
        indexes = [
            models.Index(fields=["metered", "ends_at"], include=["quantity"], name="readings_by_time"),
            models.Index(fields=["taken_at"], name="readings_by_taking"),
            models.Index(
                fields=["metered", "ends_at"],
                include=["quantity"],
                name="readings_open",
                condition=Q(use=None),
            ),
        ]

    def __str__(self) -> str:
        return str(self.quantity)


class Alert(models.Model):
    """A limit of a meter that was reached in a period.  Told once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    metered = models.ForeignKey(Metered, on_delete=models.PROTECT, related_name="alerts", db_index=False)
    kind = models.CharField(max_length=8)
    period_starts_at = models.DateTimeField()
    reached_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["metered", "kind", "period_starts_at"], name="one_alert_a_period"
            ),
            models.CheckConstraint(condition=Q(kind__in=["alert", "cap"]), name="alert_kind_known"),
        ]

    def __str__(self) -> str:
        return self.kind
