"""Staff enter readings by hand where the policy lets their role see use: once a page, with a reason, never a wrong one."""

from __future__ import annotations

import re
from datetime import datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from hostkeep.audit.models import Entry
from hostkeep.brands.queries import brand, policy_in_force
from hostkeep.flows.metering import may_count
from hostkeep.kernel.ids import BrandId
from hostkeep.provisioning.queries import services_of
from hostkeep.runtime import clock
from hostkeep.subscriptions.models import Reading
from tests.everything import BRAND, load_everything
from tests.faces.client.conftest import Member
from tests.faces.services.conftest import Staff
from tests.faces.shop.conftest import text
from tests.flows.counted import DAY, GB, Counted


@pytest.fixture
def counted(db, gateway) -> Counted:
    load_everything()
    return Counted(clock.now() - 10 * DAY)


def once_of(page) -> str:
    return re.search(r'name="once" value="([^"]+)"', page.content.decode())[1]


def typed(at: datetime) -> str:
    return at.astimezone(ZoneInfo(brand(BrandId(BRAND)).zone)).strftime("%Y-%m-%dT%H:%M")


def filled(counted: Counted, **values: str) -> dict[str, str]:
    said = {"quantity": "12.5", "from": typed(counted.since + DAY), "to": typed(counted.since + 2 * DAY), "why": "not_read"}
    return {"meter": str(counted.row.id), **said, **values}


def words(page) -> str:
    """What a page says, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", text(page)).split())


def path(counted: Counted) -> str:
    return f"/staff/services/{counted.service}/use/"


def test_a_reading_is_counted_once_with_its_reason(counted: Counted, staff: Staff) -> None:
    staff.signs_in("billing")
    outlook = staff.get(f"/staff/accounts/{counted.ann.account}/outlook/")
    assert path(counted) in outlook.content.decode()
    page, sent = staff.get(path(counted)), filled(counted)
    sent["once"] = once_of(page)
    for _ in range(2):
        assert staff.posts(page, path(counted), **sent).status_code == 302
    row = Reading.objects.get()
    assert (row.quantity, row.once.split(":")[:2]) == (12_500_000_000, ["hand", "not_read"])
    assert Entry.objects.filter(verb="subscriptions.reading.written", actor__startswith="staff:", role="billing").exists()
    said = words(staff.get(path(counted)))
    assert "It was not read for a while 12.5 GB" in said
    assert staff.posts(page, path(counted), **{**sent, "quantity": "13"}).status_code == 422
    assert Reading.objects.get().quantity == 12_500_000_000


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"quantity": "-3"}, "more than nothing"), ({"quantity": "0"}, "more than nothing"),
        ({"quantity": "0.0000000001"}, "more than nothing"), ({"quantity": "much"}, "more than nothing"),
        ({"to": "ahead"}, "still to come"), ({"from": "ahead"}, "after the beginning"), ({"from": ""}, "after the beginning"),
        ({"from": "2020-01-01T00:00"}, "too long ago"), ({"why": "because"}, "Say why"), ({"once": "x"}, "Open the page anew"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_not_counted(counted: Counted, staff: Staff, values: dict[str, str], said: str) -> None:
    staff.signs_in("billing")
    values = {key: typed(clock.now() + DAY) if value == "ahead" else value for key, value in values.items()}
    page = staff.get(path(counted))
    answer = staff.posts(page, path(counted), **{"once": once_of(page), **filled(counted, **values)})
    assert answer.status_code == 422
    assert said in words(answer)
    assert not Reading.objects.exists()


def test_a_role_that_the_policy_does_not_name_sees_and_enters_nothing(counted: Counted, staff: Staff) -> None:
    counted.uses(160, day=2)
    staff.signs_in("owner")
    page = staff.get(path(counted))
    clause = may_count(policy_in_force(BRAND, clock.now()), role="owner")
    assert clause
    assert (page.status_code, clause in page.content.decode(), "160 GB" in page.content.decode()) == (403, True, False)
    entered = staff.posts(page, path(counted), **filled(counted, once=uuid4().hex))
    assert entered.status_code == 403
    assert path(counted) not in staff.get(f"/staff/accounts/{counted.ann.account}/outlook/").content.decode()
    assert Reading.objects.count() == 1
    assert Reading.objects.get().quantity == 160 * GB


def test_at_a_brand_whose_policy_allows_none_it_is_refused_with_the_clause(db, gateway, staff: Staff) -> None:
    ann = Member("vpn")
    ann.puts()
    ann.sends(ann.get("/checkout/"), "/checkout/", gateway="testpay")
    service = services_of(ann.account.id)[0].id
    staff.signs_in("billing")
    page = staff.get(f"/staff/services/{service}/use/")
    assert page.status_code == 403
    assert may_count(policy_in_force("vpn", clock.now())) in page.content.decode()
