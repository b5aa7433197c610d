"""Waits for staff to write down what they were given: cash, a cheque, another way."""

from __future__ import annotations

from typing import ClassVar

from hostkeep.drivers.manifest import Manifest
from hostkeep.drivers.outside import AsksNobody


class ByHand(AsksNobody):
    """Money that comes outside any system of ours, and that a member of staff writes down."""

    manifest: ClassVar[Manifest] = Manifest("manual", 1, keeps=frozenset({"payment_ref"}))
