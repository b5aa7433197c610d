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
    "Entry.category": not_personal("categories of the policy, a blank between two"),
    "Entry.clause": not_personal("id of a clause"),
    "Entry.digest": not_personal("SHA-256 of a policy"),
    "Entry.trace": not_personal("request or job id"),
    "Entry.at": not_personal("when the deed was done"),
    "Leaf.month": not_personal("a calendar month"),
    "Leaf.hash": not_personal("SHA-256 of an entry, which names a person by a pseudonym"),
    "TreeNode.hash": not_personal("SHA-256 of hashes"),
    "Checkpoint.root": not_personal("SHA-256 of hashes"),
    "Checkpoint.note": not_personal("size and root of the tree with our signature"),
    "Checkpoint.at": not_personal("when it was signed"),
    "DroppedMonth.month": not_personal("a calendar month"),
    "DroppedMonth.at": not_personal("when it was dropped"),
}
"""Why each text column here holds nothing personal."""


class Entry(models.Model):
    """One deed, read or refusal.  Handles and pseudonyms only; rows are added, never changed.

    In the database the table is partitioned by month (by `at`), with the primary key (at, id).
    """

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
        """Found by thing, actor and time; what probes did and alarms by small indexes of their own."""

        indexes = [
            models.Index(fields=["thing", "at"], name="audit_thing"),
            models.Index(fields=["brand", "verb", "at"], name="audit_verb"),
            models.Index(fields=["actor", "at"], name="audit_actor"),
            models.Index(
                fields=["brand", "at"], condition=models.Q(trace__startswith="probe:"), name="audit_probes"
            ),
            models.Index(fields=["id"], condition=models.Q(verb__startswith="alarm."), name="audit_alarms"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.thing}"


class Leaf(models.Model):
    """The place of one entry in the tree.  It stays when the entry's month is dropped.

    position  from 0, without a gap
    entry     number of the entry
    month     first day of the month of the entry
    hash      the leaf's hash (RFC 6962), 32 bytes
    """

    position = models.BigIntegerField(primary_key=True)
    entry = models.BigIntegerField(unique=True)
    month = models.DateField()
    hash = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"leaf {self.position}"


class TreeNode(models.Model):
    """The hash of a complete subtree of 256 or 65,536 or ... leaves, so that a proof reads little.

    number  level * 2**48 + index; the subtree covers the leaves from index * 2**level, 2**level of them
    """

    number = models.BigIntegerField(primary_key=True)
    hash = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"node {self.number}"


class Checkpoint(models.Model):
    """A signed statement of the tree's size and root, in the C2SP form."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField(max_length=32)
    note = models.TextField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"checkpoint {self.size}"


class DroppedMonth(models.Model):
    """A month whose entries were dropped; their hashes stand in the leaves.

    month    its first day
    entries  how many there were
    sealed   size of the checkpoint that covered them
    record   number of the entry that says so
    """

    month = models.DateField(primary_key=True)
    entries = models.BigIntegerField()
    sealed = models.BigIntegerField()
    record = models.BigIntegerField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.month} dropped"
