"""A call-back is taken in one way to the server: kept and committed first, then it is seen whether a worker will come."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from hostkeep.billing import inbox
from hostkeep.billing.models import GatewayNotice
from hostkeep.drivers.payments import Notice, Settled
from hostkeep.flows import noticing
from hostkeep.kernel.money import EUR, Money
from hostkeep.runtime import jobs, together
from hostkeep.runtime.together import Question, ask
from tests.rooms.billing.making import billing_act


@dataclass
class Says:
    """A gateway that says what it is told to."""

    notice: Notice

    def read_notice(self, headers, body, at) -> Notice:
        return self.notice


def told(event: str = "") -> Notice:
    return Notice(event or uuid4().hex, uuid4().hex, Settled(uuid4().hex, Money(700, EUR)))


def takes(monkeypatch: pytest.MonkeyPatch, notice: Notice) -> str:
    monkeypatch.setattr(noticing, "gateway_for", lambda _name, _brand: Says(notice))
    return noticing.take_notice(billing_act(), gateway="testpay", heard=noticing.Heard({}, b"", 0.0))


@contextmanager
def ways():
    """The texts that go to the server meanwhile."""
    found: list[str] = []

    def note(execute, sql, params, many, context):
        found.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield found


def test_one_way_to_the_server_where_a_worker_is_woken_already(committed: str, monkeypatch) -> None:
    assert takes(monkeypatch, told()) == "new"
    assert jobs.is_sent(noticing.ERRAND, noticing.ABOUT)
    with ways() as texts:
        assert takes(monkeypatch, again := told()) == "new"
        assert takes(monkeypatch, again) == "known"
    assert len(texts) == 2, texts
    assert texts[0].index("billing_take_notice") < texts[0].index("; COMMIT;") < texts[0].index("procrastinate_jobs")


def test_what_is_asked_after_the_commit_cannot_undo_it(committed: str) -> None:
    """The look for a worker may fail; what was kept stays kept, and the connection serves the next."""
    notice = told()
    with pytest.raises(DatabaseError), transaction.atomic():
        ask(together.committed(inbox.taking(billing_act(), gateway="testpay", notice=notice)), Question("SELECT 1/0", (), tuple))
    assert GatewayNotice.objects.filter(event=notice.event).count() == 1


def test_what_cannot_be_kept_leaves_the_connection_as_it_was(committed: str, monkeypatch) -> None:
    wrong = replace(told(), about="nothing of the kind")
    with pytest.raises(DatabaseError):
        takes(monkeypatch, wrong)
    assert not GatewayNotice.objects.filter(event=wrong.event).exists()
    assert takes(monkeypatch, told()) == "new"


def test_within_another_transaction_nothing_is_committed(committed: str, monkeypatch) -> None:
    notice = told()
    with pytest.raises(KeyError), transaction.atomic():
        assert takes(monkeypatch, notice) == "new"
        raise KeyError
    assert not GatewayNotice.objects.filter(event=notice.event).exists()
