"""Tables of the vault.  Nobody else imports this, and the application's role cannot read them.

What persons said, and what was handed out of theirs: said.py.
"""

import uuid

from django.db import models

from hostkeep.kernel.columns import Columns, not_personal, personal
from hostkeep.vault import said
from hostkeep.vault.said import Consent, Disclosure, Export, ExportPart, Objection

__all__ = [
    "PLAIN", "Consent", "Disclosure", "Erasure", "Export", "ExportPart", "Hold", "Item", "Keyring", "Mark",
    "Node", "Nym", "Objection", "SubjectKey",
]  # fmt: skip

PLAIN: Columns = {
    **said.PLAIN,
    "Keyring.nonce": not_personal("random"),
    "Keyring.proof": not_personal("HMAC of the nonce under the wrapping key"),
    "Keyring.replayed_head": not_personal("SHA-256 over a line of ids"),
    "Keyring.stuck": not_personal("numbers of lines, and handles of certificates"),
    "SubjectKey.keep_class": not_personal("a retention class of the policy"),
    "SubjectKey.brand": not_personal("slug of a brand"),
    "SubjectKey.state": not_personal("live, deactivated, held, erasing or destroyed"),
    "SubjectKey.wrapped": not_personal("a wrapped key"),
    "Item.brand": not_personal("slug of a brand"),
    "Item.category": not_personal("a category of the policy"),
    "Item.slot": not_personal("handle of the thing the value belongs to"),
    "Item.keep_class": not_personal("a retention class of the policy"),
    "Item.box": personal("*", sealed="under the data key of its subject and class"),
    "Item.digest": not_personal("SHA-256 of the policy it was collected under"),
    "Item.channel": not_personal("web, mail, call, staff, api, offline or system"),
    "Item.why": not_personal("empty, or why it went into the archive: changed or closed"),
    "Mark.brand": not_personal("slug of a brand"),
    "Mark.category": not_personal("a category of the policy"),
    "Mark.mark": personal("*", hashed="HMAC of a value under the epoch's key"),
    "Mark.slot": not_personal("handle of the thing the value belongs to"),
    "Mark.keep_class": not_personal("a retention class of the policy"),
    "Nym.mark": personal("*", hashed="HMAC of a handle under the epoch's key"),
    "Hold.brand": not_personal("slug of a brand"),
    "Hold.classes": not_personal("retention classes of the policy"),
    "Hold.basis": not_personal("a word of ours: legal_request, dispute or investigation"),
    "Hold.opened_by": not_personal("role and handle of a member of staff"),
    "Hold.approved_by": not_personal("role and handle of another"),
    "Erasure.brand": not_personal("slug of a brand"),
    "Erasure.classes": not_personal("retention classes of the policy"),
    "Erasure.why": not_personal("what made it due, a word of ours"),
    "Erasure.state": not_personal("begun or done"),
    "Erasure.stays": not_personal("what the law keeps: class, clause and date, no value"),
    "Node.role": not_personal("web, worker or command"),
    "*.at": not_personal("when a choice was made or a value handed over"),
    "*.*_at": not_personal("when a row came, changed, or ends"),
}
"""Why each text column here holds nothing personal in clear."""


class Keyring(models.Model):
    """One row: proof that the keyring folder is the one this database was sealed with.

    epoch          the one that new keys are wrapped under
    replayed       how many lines of the erasure ledger (a file beside the keys) this database has carried out
    replayed_head  SHA-256 over the last of them
    stuck          lines up to there that could not be carried out: number -> the certificate's handle
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    epoch = models.PositiveIntegerField()
    nonce = models.BinaryField()
    proof = models.BinaryField()
    replayed = models.BigIntegerField(default=0)
    replayed_head = models.CharField(max_length=64, blank=True)
    stuck = models.JSONField(default=dict, db_default={})

    class Meta:
        """One row only."""

        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_keyring")]

    def __str__(self) -> str:
        return f"epoch {self.epoch}"


class SubjectKey(models.Model):
    """The data key of one subject and one retention class, wrapped by its epoch's key.

    state  live         the decision table alone decides
           deactivated  the account is closed: only the purposes that the class's retention rule reads for
           held         due to be erased, but a hold keeps it: only legal_obligation and dispute may read
           erasing      opens for nobody; its rows are being deleted
           destroyed    the key is gone; no way leads back
    fired_at  when the event came that started the clock of the class
    ends_at   when the class must be gone, from then on
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    brand = models.CharField(max_length=32, blank=True)
    subject = models.UUIDField()
    keep_class = models.CharField(max_length=32)
    epoch = models.PositiveIntegerField()
    state = models.CharField(max_length=12, default="live")
    wrapped = models.BinaryField(null=True)
    changed_at = models.DateTimeField(null=True)
    fired_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)

    class Meta:
        """One key a subject and class; a destroyed one never lives again."""

        constraints = [
            models.UniqueConstraint(fields=["subject", "keep_class"], name="one_key_a_class"),
            models.CheckConstraint(
                condition=models.Q(state__in=["live", "deactivated", "held", "erasing", "destroyed"]),
                name="key_state_known",
            ),
        ]
        indexes = [
            models.Index(fields=["epoch"], name="key_epoch"),
            models.Index(fields=["state"], condition=models.Q(state="erasing"), name="key_erasing"),
            models.Index(fields=["ends_at"], condition=models.Q(ends_at__isnull=False), name="key_ends"),
        ]

    def __str__(self) -> str:
        return f"{self.keep_class} of {self.subject}: {self.state}"


class Item(models.Model):
    """One sealed value of one subject.

    expires_at   when it must be gone, set when the trigger of its class fires
    fired_at     when that was, where the trigger is an event of its service
    archived_at  when it went into the archive, whose key then seals it; why: "changed" or "closed"
    """

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
    fired_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=16, blank=True)

    class Meta:
        """One value a subject, category and slot."""

        constraints = [
            models.UniqueConstraint(fields=["subject", "category", "slot"], name="one_value_a_slot"),
        ]
        indexes = [models.Index(fields=["expires_at"], name="vault_expires")]

    def __str__(self) -> str:
        return f"{self.category} of {self.subject}"


class Mark(models.Model):
    """Blind index: finds a person by an exact value.  As personal as the value, and erased with its key.

    mark   HMAC-SHA-256, 16 bytes, of brand, category and the normalised value, under the epoch's key
    """

    id = models.BigAutoField(primary_key=True)
    brand = models.CharField(max_length=32)
    category = models.CharField(max_length=64)
    mark = models.BinaryField(max_length=16)
    epoch = models.PositiveIntegerField()
    subject = models.UUIDField(db_index=True)
    slot = models.CharField(max_length=80, blank=True)
    keep_class = models.CharField(max_length=32)

    class Meta:
        """Found by mark; one a person, category and slot and epoch."""

        constraints = [
            models.UniqueConstraint(fields=["subject", "category", "slot", "epoch"], name="one_mark_a_slot"),
        ]
        indexes = [
            models.Index(fields=["mark"], name="mark_found"),
            models.Index(fields=["epoch"], name="mark_epoch"),
        ]

    def __str__(self) -> str:
        return f"{self.category} of {self.subject}"


class Nym(models.Model):
    """The name under which the audit book knows a person.  Without this row nobody can tell whose it was.

    mark   HMAC-SHA-256, 16 bytes, of the person's handle, under the epoch's key
    nym    random
    """

    id = models.BigAutoField(primary_key=True)
    mark = models.BinaryField(max_length=16, unique=True)
    epoch = models.PositiveIntegerField()
    nym = models.UUIDField(db_index=True)

    class Meta:
        """Found by mark."""

        indexes = [models.Index(fields=["epoch"], name="nym_epoch")]

    def __str__(self) -> str:
        return str(self.nym)


class Hold(models.Model):
    """What must not be erased for now, although it is due.

    classes    retention classes it covers
    basis      legal_request, dispute or investigation
    case       handle of the case or instrument
    secret     the person is not told, by order, until review_at at the latest
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    brand = models.CharField(max_length=32)
    subject = models.UUIDField(db_index=True)
    classes = models.JSONField()
    basis = models.CharField(max_length=24)
    case = models.UUIDField()
    secret = models.BooleanField(default=False)
    opened_by = models.CharField(max_length=64)
    approved_by = models.CharField(max_length=64, blank=True)
    opened_at = models.DateTimeField()
    approved_at = models.DateTimeField(null=True)
    review_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """Two people: who opened it does not approve it."""

        constraints = [
            models.CheckConstraint(
                condition=models.Q(approved_by="") | ~models.Q(approved_by=models.F("opened_by")),
                name="hold_by_two_people",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.basis} {self.id}"


class Erasure(models.Model):
    """A certificate: what of a person was made unreadable, where and when, and what lawfully stays.

    classes     retention classes whose keys were destroyed; none where a secret hold kept all that was due
    epoch       the newest epoch under which one of these keys was wrapped
    live_at     nothing of it opens in the living system
    wal_at      nor in the write-ahead log and replicas: the epoch was rolled
    backups_at  nor in any backup: the epoch's key is destroyed everywhere
    stays       [{"class", "clause", "until", "why", "secret"}]; of a secret hold also "hold", its handle,
                "due", whether the class was to be erased, and "instead", clause and end by its own rule
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    brand = models.CharField(max_length=32)
    subject = models.UUIDField(db_index=True)
    classes = models.JSONField()
    why = models.CharField(max_length=32)
    state = models.CharField(max_length=8, default="begun")
    epoch = models.PositiveIntegerField()
    asked_at = models.DateTimeField()
    live_at = models.DateTimeField(null=True)
    wal_at = models.DateTimeField(null=True)
    backups_at = models.DateTimeField(null=True)
    stays = models.JSONField(default=list)

    class Meta:
        """What is not done yet is found by index."""

        indexes = [
            models.Index(fields=["epoch"], condition=models.Q(backups_at__isnull=True), name="erasure_open"),
        ]

    def __str__(self) -> str:
        return f"{self.why} {self.state}"


class Node(models.Model):
    """A process of ours that holds keys: which epochs it has read, and when it was last alive."""

    id = models.UUIDField(primary_key=True)
    role = models.CharField(max_length=8)
    reads = models.PositiveIntegerField()
    writes = models.PositiveIntegerField()
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.role} {self.id}"
