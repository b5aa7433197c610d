"""Tables of the vault.  Nobody else imports this, and the application's role cannot read them."""

import uuid

from django.db import models

PLAIN = {
    "Keyring.nonce": "random",
    "Keyring.proof": "HMAC of the nonce under the wrapping key",
    "SubjectKey.keep_class": "a retention class of the policy",
    "SubjectKey.state": "live, held, erasing or destroyed",
    "SubjectKey.wrapped": "a wrapped key",
    "Item.brand": "slug of a brand",
    "Item.category": "a category of the policy",
    "Item.slot": "handle of the thing the value belongs to",
    "Item.keep_class": "a retention class of the policy",
    "Item.box": "sealed",
    "Item.digest": "SHA-256 of the policy it was collected under",
    "Item.channel": "web, mail, call, staff, api or offline",
    "Consent.brand": "slug of a brand",
    "Consent.purpose": "a purpose of the policy",
    "Consent.recipient": "id of a recipient of the policy",
    "Consent.state": "given, refused, withdrawn or expired",
    "Consent.digest": "SHA-256 of the policy shown",
    "Consent.clause": "id of a clause",
    "Consent.language": "language code of the page",
    "Consent.how": "where it was said, a word of ours",
}
"""Why each text column here holds nothing personal in clear."""


class Keyring(models.Model):
    """One row: proof that the keyring folder is the one this database was sealed with."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    epoch = models.PositiveIntegerField()
    nonce = models.BinaryField()
    proof = models.BinaryField()

    class Meta:
        """One row only."""

        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_keyring")]

    def __str__(self) -> str:
        return f"epoch {self.epoch}"


class SubjectKey(models.Model):
    """The data key of one subject and one retention class, wrapped by its epoch's key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    subject = models.UUIDField()
    keep_class = models.CharField(max_length=32)
    epoch = models.PositiveIntegerField()
    state = models.CharField(max_length=12, default="live")
    wrapped = models.BinaryField(null=True)

    class Meta:
        """One key a subject and class; a destroyed one never lives again."""

        constraints = [
            models.UniqueConstraint(fields=["subject", "keep_class"], name="one_key_a_class"),
            models.CheckConstraint(
                condition=models.Q(state__in=["live", "held", "erasing", "destroyed"]), name="key_state_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.keep_class} of {self.subject}: {self.state}"


class Item(models.Model):
    """One sealed value of one subject."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    brand = models.CharField(max_length=32)
    subject = models.UUIDField()
    category = models.CharField(max_length=64)
    slot = models.CharField(max_length=80, blank=True)
    keep_class = models.CharField(max_length=32)
    box = models.BinaryField()
    digest = models.CharField(max_length=64)
    channel = models.CharField(max_length=8, default="web")
    collected_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        """One value a subject, category and slot."""

        constraints = [
            models.UniqueConstraint(fields=["subject", "category", "slot"], name="one_value_a_slot"),
        ]
        indexes = [models.Index(fields=["expires_at"], name="vault_expires")]

    def __str__(self) -> str:
        return f"{self.category} of {self.subject}"


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
