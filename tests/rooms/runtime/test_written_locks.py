"""A query that locks rows is as strict when it is asked again as when it was written."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from django.db import transaction

from hostkeep.runtime.models import Event
from hostkeep.runtime.written import objects_of


def locked(whose: UUID):
    return Event.objects.select_for_update().filter(id=whose)


def test_outside_a_transaction_nothing_is_locked(committed) -> None:
    with transaction.atomic():
        assert objects_of(locked, uuid4()) == []
    with pytest.raises(transaction.TransactionManagementError):
        objects_of(locked, uuid4())
