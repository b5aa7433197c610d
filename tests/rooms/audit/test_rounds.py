"""One of many that goes wrong keeps no other waiting, and rings once a day where nobody foresaw it."""

from __future__ import annotations

from datetime import timedelta

from hostkeep.audit import rounds
from hostkeep.audit.reading import newest_id, raised_after
from hostkeep.audit.rounds import each_once, go_through
from hostkeep.billing.errors.documents import NoSuchInvoice
from tests.conftest import NOON, make_act


def goes(rows, wrong, *, hours: float = 0) -> list[int]:
    def do(row: int) -> int:
        if row in wrong:
            raise wrong[row]
        return row * 10

    return go_through(make_act(at=NOON + timedelta(hours=hours)), rows, do, event="trying.failed", about=lambda row: row)


def test_the_rest_go_on_and_one_alarm_rings_a_day(db) -> None:
    before = newest_id()
    assert goes([1, 2, 3], {2: KeyError("x")}) == [10, 30]
    assert goes([2, 4], {2: KeyError("x")}, hours=5) == [40]
    assert [(each.kind, each.brand) for each in raised_after(before)] == [("work_failed", "")]
    goes([2], {2: KeyError("x")}, hours=24)
    assert len(raised_after(before)) == 2


def test_a_refusal_is_that_ones_own_affair(db) -> None:
    before = newest_id()
    assert goes([1, 2, 3], {1: NoSuchInvoice()}) == [20, 30]
    assert raised_after(before) == ()


def test_where_no_alarm_can_be_written_the_rest_go_on_all_the_same(db, monkeypatch) -> None:
    def deaf(*_, **__) -> None:
        raise OSError

    before = newest_id()
    with monkeypatch.context() as patch:
        patch.setattr(rounds, "raise_alarm", deaf)
        assert goes([1, 2], {1: KeyError("x")}) == [20]
    goes([1], {1: KeyError("x")}, hours=1)
    assert len(raised_after(before)) == 1


def test_rows_that_stay_due_are_read_past() -> None:
    due, had = list(range(12)), []
    for row in each_once(lambda most: due[:most], key=lambda row: row, page=3):
        had.append(row)
        if row >= 5:  # the first five go wrong and stay due
            due.remove(row)
    assert had == list(range(12))
    assert due == [0, 1, 2, 3, 4]


def test_what_becomes_due_meanwhile_has_its_turn() -> None:
    due, had = [1], []
    for row in each_once(lambda most: due[:most], key=lambda row: row, page=2):
        had.append(row)
        due.remove(row)
        due += [2] if row == 1 else []
    assert had == [1, 2]
