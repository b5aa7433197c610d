"""Typed handles.  A handle names a thing and says nothing about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType
from uuid import UUID

BrandId = NewType("BrandId", str)
UserId = NewType("UserId", UUID)
AccountId = NewType("AccountId", UUID)
SubjectId = NewType("SubjectId", UUID)
CartId = NewType("CartId", UUID)
OrderId = NewType("OrderId", UUID)
InvoiceId = NewType("InvoiceId", UUID)
PaymentId = NewType("PaymentId", UUID)
ServiceId = NewType("ServiceId", UUID)
ActionId = NewType("ActionId", UUID)
MailId = NewType("MailId", UUID)

ActorId = NewType("ActorId", str)
PurposeId = NewType("PurposeId", str)
CategoryId = NewType("CategoryId", str)
ClauseId = NewType("ClauseId", str)

OPERATOR = BrandId("")
"""The operator's own host: no brand, no policy of a shop; staff sign in there."""


@dataclass(frozen=True, slots=True)
class Ref:
    """A thing in the house.  kind: "room.noun".  id: its handle."""

    kind: str
    id: UUID
