"""Tables of the promise ledger."""

import uuid

from django.db import models

from hostkeep.kernel.columns import Columns, not_personal

PLAIN: Columns = {
    "Finding.brand": not_personal("slug of a brand"),
    "Finding.clause": not_personal("id of a clause"),
    "Finding.part": not_personal("state, sample or probe"),
    "Finding.what": not_personal("what was looked at, a sentence of ours"),
    "Finding.result": not_personal("one of four words"),
    "Finding.value": not_personal(
        "what was seen: counts, names of fields and ids, never a value of a person"
    ),
    "Round.brand": not_personal("slug of a brand"),
    "Alarm.brand": not_personal("slug of a brand"),
    "Alarm.clause": not_personal("id of a clause"),
    "Alarm.kind": not_personal("what happened, a word of ours"),
    "Alarm.value": not_personal("what was seen, as in Finding.value"),
    "Alarm.closed_by": not_personal("actor: role and handle"),
    "Alarm.matched_by": not_personal("trace of the probe that meant to raise it"),
    "*.at": not_personal("when a check last saw this"),
    "*.*_at": not_personal("when a round began, or an alarm opened and closed"),
    "*.since": not_personal("since when a check saw this"),
}
"""Why each text column here holds nothing personal."""


class Finding(models.Model):
    """What one check saw, from `since` to `at` without a break."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    brand = models.CharField(max_length=32)
    clause = models.CharField(max_length=16)
    part = models.CharField(max_length=8)
    what = models.CharField(max_length=200)
    result = models.CharField(max_length=8)
    value = models.CharField(max_length=200, blank=True)
    since = models.DateTimeField()
    at = models.DateTimeField()

    class Meta:
        """Found by brand and newest first; parts and results are known words."""

        indexes = [models.Index(fields=["brand", "clause", "part", "what", "-at"], name="finding_newest")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(part__in=["state", "sample", "probe"]), name="finding_part_known"
            ),
            models.CheckConstraint(
                condition=models.Q(result__in=["passed", "failed", "absent", "unsure"]),
                name="finding_result_known",
            ),
            models.CheckConstraint(condition=models.Q(at__gte=models.F("since")), name="finding_span"),
        ]

    def __str__(self) -> str:
        return f"{self.brand} {self.clause} {self.part}: {self.result}"


class Round(models.Model):
    """A round of a brand's checks, and how far it came.  begun_at: the act's time."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    brand = models.CharField(max_length=32)
    begun_at = models.DateTimeField()
    checks = models.PositiveSmallIntegerField()
    done = models.PositiveSmallIntegerField(default=0)

    class Meta:
        """The newest is found by index."""

        indexes = [models.Index(fields=["brand", "-begun_at"], name="round_newest")]

    def __str__(self) -> str:
        return f"{self.brand}: {self.done}/{self.checks}"


class Alarm(models.Model):
    """Something that staff must look at.

    entry       the audit's number of the entry that raised it; empty for a light that turned red
    closed_by   who or what closed it
    matched_by  the probe that provoked it on purpose; such an alarm is closed as it opens
    opened_in   the letter that told staff of it: its own id where it was alone in it; empty until then
    closed_in   the letter that told them that it is over, likewise
    """

    BROKEN = "broken"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    brand = models.CharField(max_length=32)
    clause = models.CharField(max_length=16, blank=True)
    kind = models.CharField(max_length=32)
    value = models.CharField(max_length=200, blank=True)
    entry = models.BigIntegerField(null=True, unique=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=64, blank=True)
    matched_by = models.CharField(max_length=64, blank=True)
    opened_in = models.UUIDField(null=True)
    closed_in = models.UUIDField(null=True)

    class Meta:
        """One open alarm for each red light."""

        constraints = [
            models.UniqueConstraint(
                fields=["brand", "clause"],
                condition=models.Q(kind="broken", closed_at=None),
                name="one_open_alarm_a_light",
            ),
            models.CheckConstraint(
                condition=models.Q(closed_at=None) | models.Q(closed_at__gte=models.F("opened_at")),
                name="alarm_closed_after_opened",
            ),
        ]
        indexes = [
            models.Index(fields=["-opened_at"], name="alarm_newest"),
            models.Index(
                fields=["opened_at"],
                condition=models.Q(matched_by="", opened_in=None),
                name="alarm_opened_untold",
            ),
            models.Index(
                fields=["closed_at"],
                condition=models.Q(matched_by="", closed_in=None, closed_at__isnull=False),
                name="alarm_closed_untold",
            ),
            models.Index(fields=["opened_in"], name="alarm_opened_in"),
            models.Index(fields=["closed_in"], name="alarm_closed_in"),
        ]

    def __str__(self) -> str:
        return f"{self.brand} {self.clause} {self.kind}"
