"""Tables of provisioning.  What opens a service lies in the vault, not here."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from hostkeep.kernel.columns import Columns, not_personal, personal
from hostkeep.provisioning.rules.lifecycle import State
from hostkeep.provisioning.rules.work import OPEN, Stage, Verb
from hostkeep.vault.columns import Place, SealedColumn

PLAIN: Columns = {
    "Service.once": not_personal("idempotency key of ours"),
    "Service.brand": not_personal("slug of a brand"),
    "Service.title": personal("chosen_service", sealed="by vault.columns: what somebody bought"),
    "Service.product": personal("chosen_service", sealed="by vault.columns: what somebody bought"),
    "Service.driver": personal("chosen_service", sealed="by vault.columns: tells what somebody bought"),
    "Service.spec": personal("chosen_service", sealed="by vault.columns: tells what somebody chose"),
    "Service.state": not_personal("a state of rules.lifecycle"),
    "Service.handle": not_personal("random name at the driver's side"),
    "Service.facts": personal(
        "chosen_service",
        sealed="by vault.columns: a driver's open facts: inner address, end point, public key, size",
    ),
    "Service.change_once": not_personal("idempotency key of ours"),
    "Service.kept": personal(
        "chosen_service",
        sealed="by vault.columns: names of secrets in the vault; how many there are tells the plan",
    ),
    "Action.once": not_personal("idempotency key of ours"),
    "Action.verb": not_personal("a verb of rules.work"),
    "Action.target": not_personal("name of a secret"),
    "Action.stage": not_personal("a stage of rules.work"),
    "Action.last_code": not_personal("a word of the driver protocol"),
    "Task.kind": not_personal("a verb of rules.work"),
    "Task.state": not_personal("open, done or dropped"),
    "Task.done_by": not_personal("handle of a staff login"),
    "Task.done_role": not_personal("a role of staff"),
    "Lease.pool": not_personal("an address pool of ours: interface and network", holds=("ip",)),
    "Lease.address": personal(
        "ip", plain="an address of ours, leased to a service: the database lets nobody hold it twice"
    ),
    "*.*_at": not_personal("when work was asked for, begun and done"),
    "Action.leased_to": not_personal("until when a worker has it in hand"),
    "*.since": not_personal("from when an address is leased"),
    "*.until": not_personal("until when an address is leased"),
}
"""Why each text column here holds nothing personal."""


class Service(models.Model):
    """A thing we run for a customer.

    handle   how the driver's side calls it: "hk-" and hex
    invoice  the first one: paying it starts the building
    change_once    key of a change that its driver is to be asked for when it can be, or empty
    end_wanted_at  since when it is to be ended, as soon as no driver is at work on it; None where it is not
    """

    SEALED = Place("chosen_service", brand="brand", subject=("subject",))

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    once = models.CharField(max_length=128, unique=True)
    brand = models.CharField(max_length=32)
    account = models.UUIDField(db_index=True)
    subject = models.UUIDField()
    order_line = models.UUIDField(db_index=True)
    invoice = models.UUIDField(db_index=True)
    title = SealedColumn()
    product = SealedColumn()
    driver = SealedColumn()
    spec = SealedColumn()
    state = models.CharField(max_length=16, default=State.ORDERED.value)
    handle = models.CharField(max_length=40, unique=True)
    facts = SealedColumn()
    kept = SealedColumn()
    created_at = models.DateTimeField()
    activated_at = models.DateTimeField(null=True)
    change_once = models.CharField(max_length=128, blank=True, default="", db_default="")
    end_wanted_at = models.DateTimeField(null=True)

    class Meta:
        """The database knows the states too."""

        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[s.value for s in State]), name="service_state_known"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "created_at"], name="service_by_state"),
            models.Index(
                fields=["id"], name="service_left_to_do",
                condition=~Q(change_once="") | Q(end_wanted_at__isnull=False),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.handle} {self.state}"


class Action(models.Model):
    """One piece of work asked of a driver: the only way out.

    target     the secret that RENEW replaces, else empty
    claims     how often it was taken up
    failures   how often no answer came
    due_at     when it may be taken up, or None while only a person can end the wait
    leased_to  until when it is in a worker's hands
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    service = models.ForeignKey(Service, on_delete=models.PROTECT)
    verb = models.CharField(max_length=16)
    target = models.CharField(max_length=64, default="")
    once = models.CharField(max_length=128, unique=True)
    stage = models.CharField(max_length=16, default=Stage.QUEUED.value)
    claims = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    last_code = models.CharField(max_length=64, default="")
    queued_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    leased_to = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """One open piece of work a service."""

        constraints = [
            models.CheckConstraint(condition=Q(verb__in=[v.value for v in Verb]), name="action_verb_known"),
            models.CheckConstraint(
                condition=Q(stage__in=[s.value for s in Stage]), name="action_stage_known"
            ),
            models.UniqueConstraint(
                fields=["service"],
                condition=Q(stage__in=sorted(s.value for s in OPEN)),
                name="one_open_action_a_service",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], name="action_due", condition=Q(stage__in=sorted(s.value for s in OPEN))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.stage}"


class Task(models.Model):
    """An action that waits for staff."""

    OPEN, DONE, DROPPED = "open", "done", "dropped"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    service = models.ForeignKey(Service, on_delete=models.PROTECT)
    action = models.OneToOneField(Action, on_delete=models.PROTECT)
    kind = models.CharField(max_length=16)
    state = models.CharField(max_length=16, default=OPEN)
    opened_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    done_by = models.CharField(max_length=64, default="")
    done_role = models.CharField(max_length=16, default="")

    class Meta:
        """The database knows the states too."""

        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["open", "done", "dropped"]), name="task_state_known"
            ),
        ]
        indexes = [models.Index(fields=["state", "opened_at"], name="task_by_state")]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class Lease(models.Model):
    """An address of a pool, held by a service until `until`."""

    pool = models.CharField(max_length=64)
    address = models.CharField(max_length=45)
    service = models.ForeignKey(Service, on_delete=models.PROTECT)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        """Nothing is leased twice."""

        constraints = [
            models.UniqueConstraint(
                fields=["pool", "address"], condition=Q(until__isnull=True), name="one_holder_an_address"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pool} {self.address}"
