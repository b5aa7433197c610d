"""An export opens for the one who holds its key, once, within a day; to everybody else it is noise."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connections

from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import SubjectId
from hostkeep.vault import exports, waiting
from hostkeep.vault.consenting import NotYours
from hostkeep.vault.models import ExportPart
from hostkeep.vault.wall import opened
from tests.conftest import NOON, make_act

DATA = b"PK name: Canary Ann " * 120_000
"""More than two parts."""


def by(subject: SubjectId, *, at=NOON, brand: str = "vps6") -> Act:
    return make_act("customer", "rights", own=subject, brand=brand, at=at)


def made_for(subject: SubjectId) -> exports.Made:
    return exports.keep_export(by(subject), subject=subject, data=DATA)


@pytest.fixture
def ann(db: None) -> SubjectId:
    return SubjectId(uuid4())


def test_it_is_handed_out_once(ann: SubjectId) -> None:
    made = made_for(ann)
    got = exports.fetch_export(by(ann), subject=ann, export=made.id, key=made.key)
    assert got.data == DATA
    with pytest.raises(exports.NoExport):
        exports.fetch_export(by(ann), subject=ann, export=made.id, key=made.key)
    with opened():
        assert ExportPart.objects.count() == 0


def test_what_lies_in_the_database_is_noise(ann: SubjectId) -> None:
    made_for(ann)
    with opened():
        boxes = [bytes(part.box) for part in ExportPart.objects.all()]
    assert len(boxes) == 3
    assert not any(b"Canary" in box for box in boxes)


@pytest.mark.parametrize("key", ["", "x", "A" * 43, "not base64 at all !", "A" * 5000])
def test_a_wrong_key_opens_nothing_and_spends_nothing(ann: SubjectId, key: str) -> None:
    made = made_for(ann)
    with pytest.raises(exports.NoExport):
        exports.fetch_export(by(ann), subject=ann, export=made.id, key=key)
    assert exports.fetch_export(by(ann), subject=ann, export=made.id, key=made.key).data == DATA


def test_another_person_and_another_brand_find_nothing(ann: SubjectId) -> None:
    made = made_for(ann)
    other = SubjectId(uuid4())
    for act, subject in ((by(other), other), (by(ann, brand="vpn"), ann)):
        with pytest.raises(exports.NoExport):
            exports.fetch_export(act, subject=subject, export=made.id, key=made.key)
    with pytest.raises(NotYours):
        exports.keep_export(by(other), subject=ann, data=b"x")
    assert waiting.waiting_of(by(other), subject=ann) == ()


def test_after_a_day_it_is_gone(ann: SubjectId) -> None:
    made = made_for(ann)
    late = NOON + timedelta(hours=24)
    with pytest.raises(exports.NoExport):
        exports.fetch_export(by(ann, at=late), subject=ann, export=made.id, key=made.key)
    assert exports.count_due(late) == 1
    assert exports.erase_due(late, most=10) == 1
    assert exports.count_due(late) == 0
    with opened():
        assert ExportPart.objects.count() == 0


def test_the_oldest_gives_way(ann: SubjectId) -> None:
    first = made_for(ann)
    for hour in range(1, 4):
        act = by(ann, at=NOON + timedelta(hours=hour))
        exports.keep_export(act, subject=ann, data=b"x")
    with pytest.raises(exports.NoExport):
        exports.fetch_export(by(ann), subject=ann, export=first.id, key=first.key)


def test_of_two_that_fetch_at_once_one_gets_it(committed: str) -> None:
    ann = SubjectId(uuid4())
    made = made_for(ann)

    def fetch(_n: int) -> bool:
        try:
            exports.fetch_export(by(ann), subject=ann, export=made.id, key=made.key)
        except exports.NoExport:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(fetch, range(4))) == 1
