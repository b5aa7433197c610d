"""Tables of the runtime."""

import uuid
from datetime import timedelta

from django.db import models

from hostkeep.kernel.columns import Columns, not_personal, personal

PLAIN: Columns = {
    "Event.kind": not_personal("name of an event class"),
    "Event.body": not_personal("ids only; events are checked by a house test"),
    "Event.trace": not_personal("request or job id"),
    "Event.brand": not_personal("slug of a brand"),
    "Delivery.handler": not_personal("dotted name of a function of ours"),
    "Delivery.state": not_personal("one of three words"),
    "Delivery.last_code": not_personal("name of an exception class or a refusal's code"),
    "Tally.brand": not_personal("slug of a brand"),
    "Tally.kind": not_personal("what is counted, a word of ours"),
    "Tally.name": not_personal("name of a cookie or of a control, never a value"),
    "Tally.day": not_personal("a calendar day"),
    "*.at": not_personal("when an event was stored"),
    "*.*_at": not_personal("when a delivery or a count last changed"),
    "runtime_cache.cache_key": personal("login_history", hashed="by people.cachekeys, under the epoch's key"),
    "runtime_cache.value": personal(
        "login_history", plain="times of attempts beside a hashed key; unlogged, expired rows go"
    ),
    "runtime_cache.expires": not_personal("when a row of the cache ends"),
}
"""Why each text column here holds nothing personal."""


class Clock(models.Model):
    """One row: how far the demo's clock stands ahead of the system's."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    ahead = models.DurationField(default=timedelta)

    class Meta:
        """One row only."""

        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_clock")]

    def __str__(self) -> str:
        return f"+{self.ahead}"


class Event(models.Model):
    """Something that became true, stored with the deed that made it so."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = models.CharField(max_length=64)
    body = models.JSONField()
    brand = models.CharField(max_length=32, blank=True)
    trace = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        """Found by their time to be ended; an index of the migration finds the handles in them."""

        indexes = [models.Index(fields=["at"], name="event_at")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Delivery(models.Model):
    """One event on its way to one handler."""

    WAITING, DONE, PARKED = "waiting", "done", "parked"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    event = models.ForeignKey(Event, on_delete=models.CASCADE)
    handler = models.CharField(max_length=128)
    state = models.CharField(max_length=8, default=WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_code = models.CharField(max_length=128, blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        """One delivery an event and handler."""

        constraints = [
            models.UniqueConstraint(fields=["event", "handler"], name="one_delivery_a_handler"),
            models.CheckConstraint(
                condition=models.Q(state__in=["waiting", "done", "parked"]), name="delivery_state_known"
            ),
        ]
        indexes = [models.Index(fields=["state"], name="delivery_state")]

    def __str__(self) -> str:
        return f"{self.handler} {self.state}"


class Tally(models.Model):
    """How often something happened on a day: a cookie dropped, a cookie sent."""

    day = models.DateField()
    brand = models.CharField(max_length=32, blank=True)
    kind = models.CharField(max_length=32)
    name = models.CharField(max_length=64)
    count = models.BigIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        """One row a day and thing."""

        constraints = [
            models.UniqueConstraint(fields=["day", "brand", "kind", "name"], name="one_tally_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.brand} {self.kind} {self.name}: {self.count}"
