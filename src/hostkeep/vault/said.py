"""Tables of what persons said, what was handed out of theirs, and what they take along.

Part of models.py, which gives them out: nobody else imports this.
"""

import uuid

from django.db import models

from hostkeep.kernel.columns import Columns, not_personal, personal

PLAIN: Columns = {
    "Consent.brand": not_personal("slug of a brand"),
    "Consent.purpose": personal("preferences", walled="a purpose of the policy, beside a handle"),
    "Consent.recipient": not_personal("id of a recipient of the policy"),
    "Consent.state": personal("preferences", walled="given, refused, withdrawn or expired, beside a handle"),
    "Consent.digest": not_personal("SHA-256 of the policy shown"),
    "Consent.clause": not_personal("id of a clause"),
    "Consent.language": not_personal("language code of the page"),
    "Consent.how": not_personal("where it was said, a word of ours"),
    "Disclosure.once": not_personal("idempotency key, made of ids and words of ours"),
    "Disclosure.brand": not_personal("slug of a brand"),
    "Disclosure.recipient": not_personal("id of a recipient of the policy"),
    "Disclosure.purpose": not_personal("a purpose of the policy"),
    "Disclosure.basis": not_personal("what allows it, a word of the policy"),
    "Disclosure.clause": not_personal("id of a clause"),
    "Disclosure.categories": not_personal("categories of the policy"),
    "Disclosure.ticket": not_personal("handle of a consent, a wish or a case"),
    "Disclosure.digest": not_personal("SHA-256 of the policy that decided"),
    "Disclosure.package": not_personal("keyed hash of what was handed over"),
    "Disclosure.state": not_personal("handed or refused"),
    "Objection.brand": not_personal("slug of a brand"),
    "Objection.purpose": not_personal("a purpose of the policy, or empty: a restriction of all"),
    "Objection.how": not_personal("where it was said, a word of ours"),
    "Export.brand": not_personal("slug of a brand"),
    "ExportPart.box": not_personal("sealed under a key that is not kept here"),
    "Consent.until": not_personal("when a consent ends"),
    "Disclosure.told_from": not_personal("from when the person may be told"),
}
"""Why each text column here holds nothing personal in clear; dates stand in models.PLAIN."""


class Consent(models.Model):
    """One word of one person on one matter of consent.  Rows are added, never changed; the newest counts.

    record     the consent it belongs to: a yes and what became of it share one
    recipient  empty: a use of our own
    until      a yes ends by itself then, or never
    No wording is copied: it stands in the policy of the digest.
    """

    id = models.BigAutoField(primary_key=True)
    record = models.UUIDField()
    brand = models.CharField(max_length=32)
    subject = models.UUIDField()
    purpose = models.CharField(max_length=32)
    recipient = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=12)
    version = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    clause = models.CharField(max_length=32)
    language = models.CharField(max_length=8, blank=True)
    how = models.CharField(max_length=24)
    at = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        """The newest word is found by index, and so is a record."""

        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["given", "refused", "withdrawn", "expired"]),
                name="consent_state_known",
            ),
            models.UniqueConstraint(fields=["record", "state"], name="one_word_a_record_and_state"),
        ]
        indexes = [
            models.Index(fields=["subject", "brand", "purpose", "recipient", "-id"], name="consent_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.state}"


class Disclosure(models.Model):
    """One hand-over to one recipient, or the refusal of one.  No value stands here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    once = models.CharField(max_length=128, unique=True)
    brand = models.CharField(max_length=32)
    subject = models.UUIDField()
    recipient = models.CharField(max_length=64)
    purpose = models.CharField(max_length=32)
    basis = models.CharField(max_length=24)
    clause = models.CharField(max_length=32)
    categories = models.JSONField()
    ticket = models.CharField(max_length=80, blank=True)
    digest = models.CharField(max_length=64)
    package = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=8, default="handed")
    at = models.DateTimeField()
    told_from = models.DateTimeField()

    class Meta:
        """A person's own list, newest first; public counts by brand."""

        indexes = [
            models.Index(fields=["subject", "-at"], name="disclosure_of"),
            models.Index(fields=["brand", "at"], name="disclosure_counts"),
        ]

    def __str__(self) -> str:
        return f"{self.recipient} {self.state}"


class Objection(models.Model):
    """A purpose that a person does not want their data used for any more; empty: a restriction of all.

    ended_at  when they took it back
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    brand = models.CharField(max_length=32)
    subject = models.UUIDField()
    purpose = models.CharField(max_length=32, blank=True)
    how = models.CharField(max_length=24)
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """One that stands a person and purpose."""

        constraints = [
            models.UniqueConstraint(
                fields=["subject", "purpose"],
                condition=models.Q(ended_at__isnull=True),
                name="one_objection_stands",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose or 'all'} of {self.subject}"


class Export(models.Model):
    """A copy of somebody's data, made for them.  Whoever fetches it brings the key; once fetched it is gone.

    size      bytes
    taken_at  when it was fetched: its parts are deleted with that
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    brand = models.CharField(max_length=32)
    subject = models.UUIDField(db_index=True)
    size = models.PositiveIntegerField()
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    taken_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.id)


class ExportPart(models.Model):
    """A piece of an export, sealed."""

    id = models.BigAutoField(primary_key=True)
    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="parts")
    place = models.PositiveIntegerField()
    box = models.BinaryField()

    class Meta:
        """One a place."""

        constraints = [models.UniqueConstraint(fields=["export", "place"], name="one_part_a_place")]

    def __str__(self) -> str:
        return f"{self.export_id}/{self.place}"
