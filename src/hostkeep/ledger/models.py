"""Tables of the ledger: append-only, in the schema `ledger`, where we read; functions there write."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from hostkeep.kernel.columns import Columns, not_personal

PLAIN: Columns = {
    "Entry.key": not_personal("idempotency key made of handles and words of ours"),
    "Entry.brand": not_personal("slug of a brand"),
    "Entry.about_kind": not_personal("kind of the thing booked, a word of ours"),
    "Posting.account": not_personal("account code: a word and a handle"),
    "Posting.currency": not_personal("ISO 4217"),
    "Entry.at": not_personal("when it was booked"),
    "Snapshot.account": not_personal("account code: a word and a handle"),
    "Snapshot.currency": not_personal("ISO 4217"),
}
"""Why each text column here holds nothing personal."""


class Entry(models.Model):
    """One booking.  legs: how many postings it has, so that none can be added later."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    key = models.CharField(max_length=120, db_collation="C")
    brand = models.CharField(max_length=32)
    at = models.DateTimeField()
    about_kind = models.CharField(max_length=64)
    about_id = models.UUIDField()
    legs = models.PositiveSmallIntegerField()

    class Meta:
        db_table = "ledger_entry"
        constraints = [
            models.UniqueConstraint(fields=["key"], include=["id"], name="one_entry_a_key"),
            models.CheckConstraint(condition=Q(legs__gte=2), name="entry_has_two_legs"),
        ]
        indexes = [models.Index(fields=["about_id"], name="ledger_entry_about")]

    def __str__(self) -> str:
        return self.key


class Posting(models.Model):
    """One leg of an entry.  minor: positive a debit, negative a credit.

    entry  stands without a foreign key of the database: the trigger that counts an entry's legs finds it too
    """

    id = models.BigAutoField(primary_key=True)
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="postings", db_constraint=False)
    account = models.CharField(max_length=80, db_collation="C")
    minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)

    class Meta:
        db_table = "ledger_posting"
        constraints = [models.CheckConstraint(condition=~Q(minor=0), name="posting_moves_money")]
        indexes = [
            models.Index(fields=["account", "currency", "id"], include=["minor"], name="ledger_posting_tail")
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.minor} {self.currency}"


class Snapshot(models.Model):
    """What an account code stood at after its posting number `upto`; the newest counts.

    Written by functions of the schema alone, in an instant in which nobody wrote to the account.
    """

    id = models.BigAutoField(primary_key=True)
    account = models.CharField(max_length=80, db_collation="C")
    currency = models.CharField(max_length=3)
    upto = models.BigIntegerField()
    minor = models.DecimalField(max_digits=38, decimal_places=0)

    class Meta:
        db_table = "ledger_snapshot"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "currency", "upto"], include=["minor"], name="one_snapshot_a_place"
            )
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.minor} {self.currency} upto {self.upto}"
