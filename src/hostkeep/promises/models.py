"""Tables of the promise ledger."""

import uuid

from django.db import models

PLAIN = {
    "Finding.brand": "slug of a brand",
    "Finding.clause": "id of a clause",
    "Finding.part": "state, sample or probe",
    "Finding.what": "what was looked at, a sentence of ours",
    "Finding.result": "one of four words",
    "Finding.value": "what was seen: counts, names of fields and ids, never a value of a person",
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
