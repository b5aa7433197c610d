"""Tables of the audit, in a schema where rows can be added and read, never changed."""

from django.db import models

from hostkeep.kernel.columns import Columns, not_personal

PLAIN: Columns = {
    "Entry.verb": not_personal("room.noun.done, a word of ours"),
    "Entry.actor": not_personal("role and handle"),
    "Entry.role": not_personal("a role of the policy"),
    "Entry.purpose": not_personal("a purpose of the policy"),
    "Entry.brand": not_personal("slug of a brand"),
    "Entry.kind": not_personal("kind of thing"),
    "Entry.category": not_personal("a category of the policy"),
    "Entry.clause": not_personal("id of a clause"),
    "Entry.digest": not_personal("SHA-256 of a policy"),
    "Entry.trace": not_personal("request or job id"),
    "Entry.at": not_personal("when it was done"),
}
"""Why each text column here holds nothing personal."""


class Entry(models.Model):
    """One deed, read or refusal.  Handles only; rows are added, never changed."""

    id = models.BigAutoField(primary_key=True)
    verb = models.CharField(max_length=64)
    actor = models.CharField(max_length=64)
    role = models.CharField(max_length=32)
    purpose = models.CharField(max_length=64)
    brand = models.CharField(max_length=32, blank=True)
    kind = models.CharField(max_length=64)
    thing = models.UUIDField()
    category = models.CharField(max_length=64, blank=True)
    clause = models.CharField(max_length=16, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    count = models.PositiveIntegerField(default=1)
    at = models.DateTimeField()
    trace = models.CharField(max_length=64)

    class Meta:
        """Found by thing and by time; what probes did and alarms by small indexes of their own."""

        indexes = [
            models.Index(fields=["thing", "at"], name="audit_thing"),
            models.Index(fields=["brand", "verb", "at"], name="audit_verb"),
            models.Index(
                fields=["brand", "at"], condition=models.Q(trace__startswith="probe:"), name="audit_probes"
            ),
            models.Index(fields=["id"], condition=models.Q(verb__startswith="alarm."), name="audit_alarms"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.thing}"
