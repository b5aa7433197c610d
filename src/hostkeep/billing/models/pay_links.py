"""Links to pay a document that were taken back."""

from __future__ import annotations

import uuid

from django.db import models

from hostkeep.billing.models.documents import Invoice


class PayLinksRevoked(models.Model):
    """That the links to pay a document were taken back.  Links themselves are kept nowhere.

    mark  drawn anew each time; links made since bear it, and no others hold.  The row ends when whatever was
          made before it is past its own end (billing.stores)
    """

    invoice = models.OneToOneField(Invoice, on_delete=models.PROTECT, primary_key=True, related_name="+")
    mark = models.UUIDField(default=uuid.uuid4)
    revoked_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.invoice_id)
