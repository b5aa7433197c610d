"""One day for all that recurs, on the page and through the API: looked at first, then done."""

from __future__ import annotations

import json

import pytest

from hostkeep.kernel.ids import AccountId
from hostkeep.runtime import clock
from hostkeep.subscriptions.models import Subscription
from tests.faces.api.conftest import Program, problem, programs
from tests.faces.client.conftest import Member
from tests.faces.shop.conftest import text
from tests.rooms.subscriptions.having import Taker, takes

__all__ = ["programs"]
pytestmark = pytest.mark.django_db(databases="__all__")
HERE = "/account/services/day/"


def taken(whose: Member | Program, price: int = 690) -> Taker:
    account = whose.account
    return takes("vps6", price=price, at=clock.now(), who=(AccountId(account.id), account.subject))


def days() -> list[int | None]:
    return list(Subscription.objects.values_list("align_day", flat=True))


def shown(page) -> list[str]:
    return [part.split('"')[0] for part in text(page).split('name="seen" value="')[1:]]


def test_it_is_shown_first_and_done_for_what_is_chosen(ann: Member) -> None:
    first, second = taken(ann), taken(ann, 1190)
    page = ann.get(HERE, day="15")
    assert "Hexa S: Debian 13" in text(page)
    assert len(shown(page)) == 2
    assert days() == [None, None]
    mine = [each for each in shown(page) if each.startswith(str(first.id))]
    assert ann.sends(page, HERE, day="15", seen=mine).status_code == 302
    assert Subscription.objects.get(id=first.id).align_day == 15
    assert Subscription.objects.get(id=second.id).align_day is None


@pytest.mark.parametrize("day", ["0", "32", "-1", "9999-12-31", "x", "1.5", "٥"])
def test_a_day_that_is_none_is_refused_in_plain_words(ann: Member, day: str) -> None:
    taken(ann)
    page = ann.get(HERE, day=day)
    assert page.status_code == 422
    assert "Choose a day from 1 to 31." in text(page)


def test_what_was_changed_on_the_way_is_not_done(ann: Member) -> None:
    taken(ann)
    page = ann.get(HERE, day="15")
    (seen,) = shown(page)
    another = seen[:-1] + str((int(seen[-1]) + 1) % 10)  # what it costs hangs on the day
    for wrong, status in ((another, 409), ("x", 409), ("", 409)):
        assert ann.sends(page, HERE, day="15", seen=wrong).status_code == status
    assert ann.sends(page, HERE, day="15").status_code == 422
    assert days() == [None]


def test_another_accounts_is_not_brought(ann: Member, member) -> None:
    taken(ann)
    (seen,) = shown(ann.get(HERE, day="15"))
    bob = member("vps6", "bob")
    taken(bob)
    assert bob.sends(bob.get(HERE, day="15"), HERE, day="15", seen=seen).status_code == 409
    assert days() == [None, None]


def test_a_program_does_the_same(programs) -> None:  # noqa: F811
    ann, bob = programs(), programs(who="bob")
    taker = taken(ann)
    (row,) = json.loads(ann.get("/services/day/15").content)
    assert row["service"] == str(taker.service)
    wish = {"day": 15, "services": [{"service": row["service"], "until": row["until"], "price": row["price"]["minor"]}]}
    problem(bob.post("/services/day", wish), 404, "subscriptions.subscription.none")
    problem(ann.post("/services/day", {**wish, "day": 32}), 422, "api.fields.bad")
    assert ann.get("/services/day/32").status_code == 422
    assert days() == [None]
    assert json.loads(ann.post("/services/day", wish).content) == {"moved": 1}
    assert json.loads(ann.post("/services/day", wish).content) == {"moved": 0}
    assert days() == [15]
