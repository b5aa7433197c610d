"""Tables of messaging."""

import uuid

from django.db import models

from hostkeep.kernel.columns import Columns, not_personal, personal
from hostkeep.messaging.rules.delivery import State

PLAIN: Columns = {
    "Mail.once": not_personal("idempotency key, made of ids and words of ours"),
    "Mail.brand": not_personal("slug of a brand"),
    "Mail.stream": not_personal("id of a message stream"),
    "Mail.template": not_personal("name of a template"),
    "Mail.language": not_personal("language code the mail is written in"),
    "Mail.address": not_personal(
        "the word login or contact, or the number of a login address row; never an address"
    ),
    "Mail.facts": not_personal("ids alone, checked when it is queued"),
    "Mail.token": not_personal("random, the left part of the Message-ID"),
    "Mail.state": not_personal("one of six words"),
    "Mail.proof": not_personal("the other side's answer, cut to code and queue id"),
    "Mail.last_code": not_personal("SMTP code, a refusal's code or a clause id"),
    "Preference.brand": not_personal("slug of a brand"),
    "Preference.stream": personal(
        "preferences", plain="id of a message stream: whom a mass mail may reach is asked of the table"
    ),
    "Preference.how": not_personal("where the choice was made, a word of ours"),
    "*.at": not_personal("when a choice was made"),
    "*.*_at": not_personal("when a mail was queued, is due and was handed over"),
}
"""Why each text column here holds nothing personal."""


class Mail(models.Model):
    """One mail: its envelope and the name of its template.  The body is written as it leaves."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    once = models.CharField(max_length=128, unique=True)
    brand = models.CharField(max_length=32, blank=True)
    stream = models.CharField(max_length=32)
    template = models.CharField(max_length=48)
    language = models.CharField(max_length=8)
    subject = models.UUIDField()
    account = models.UUIDField(null=True)
    address = models.CharField(max_length=24)
    facts = models.JSONField()
    token = models.CharField(max_length=40)
    state = models.CharField(max_length=16, default="queued")
    attempts = models.PositiveSmallIntegerField(default=0)
    queued_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    handed_over_at = models.DateTimeField(null=True)
    proof = models.CharField(max_length=120, blank=True)
    last_code = models.CharField(max_length=64, blank=True)

    class Meta:
        """States are checked by the database; what is due and an account's history are found by index."""

        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[str(s) for s in State]), name="mail_state_known"
            )
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(due_at__isnull=False), name="mail_due"),
            models.Index(fields=["account", "-queued_at"], name="mail_history"),
        ]

    def __str__(self) -> str:
        return f"{self.template} {self.state}"


class Preference(models.Model):
    """One answer of one person about a stream.  Rows are added, the newest counts: a yes can be shown."""

    id = models.BigAutoField(primary_key=True)
    brand = models.CharField(max_length=32)
    subject = models.UUIDField()
    stream = models.CharField(max_length=32)
    wanted = models.BooleanField()
    at = models.DateTimeField()
    how = models.CharField(max_length=24)

    class Meta:
        """The newest answer is found by index."""

        indexes = [models.Index(fields=["subject", "stream", "-id"], name="preference_newest")]

    def __str__(self) -> str:
        return f"{self.stream} {self.wanted}"
