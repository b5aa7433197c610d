"""Renewals that were given up: shown to who may see, and tried again."""

from __future__ import annotations

import uuid

from hostkeep.subscriptions.actions.renewing import stop_renewal
from hostkeep.subscriptions.queries.subscriptions import stopped
from tests.faces.shop.conftest import HERE, hidden, text
from tests.rooms.subscriptions.having import act_at, takes


def test_a_renewal_that_was_given_up_is_shown_and_tried_again(staff) -> None:
    taker = takes()
    stop_renewal(act_at(), subscription=taker.id, code="ValueError")
    staff.signs_in("owner")
    page = staff.get("/staff/parked/")
    assert str(taker.id)[:8] in text(page)
    assert "ValueError" in text(page)
    assert "Hexa" not in text(page)
    path = f"/staff/parked/renewals/{taker.id}/retry/"
    answer = staff.client.post(path, hidden(page, path), headers={"host": "localhost", **HERE})
    assert answer.status_code == 302
    assert stopped() == ()


def test_what_was_not_given_up_is_not_put_back_and_not_by_everybody(staff) -> None:
    taker, stuck = takes(), takes()
    stop_renewal(act_at(), subscription=stuck.id, code="ValueError")
    staff.signs_in("owner")
    page = staff.get("/staff/parked/")
    token = hidden(page, f"/staff/parked/renewals/{stuck.id}/retry/")
    for wrong in (taker.id, uuid.uuid4()):
        answer = staff.client.post(f"/staff/parked/renewals/{wrong}/retry/", token, headers={"host": "localhost", **HERE})
        assert answer.status_code == 404
    staff.signs_in("privacy")
    answer = staff.client.post(f"/staff/parked/renewals/{stuck.id}/retry/", token, headers={"host": "localhost", **HERE})
    assert answer.status_code == 403
    assert len(stopped()) == 1
