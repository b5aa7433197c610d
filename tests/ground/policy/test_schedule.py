"""When data ends: each shop's terms, worked out from its own policy, by the calendar of its own zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hostkeep.policy import schedule
from hostkeep.policy.schedule import Outcome
from tests.ground.policy.small import brand, changed, compiled

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def at_closing(slug: str, keep_class: str, event: str = "account.closed") -> Outcome:
    return schedule.outcome(brand(slug), keep_class, event=event, at=NOON, zone="UTC")


def test_a_value_with_a_term_from_its_coming_has_its_end_at_once() -> None:
    rule = brand("vps6").retention["security"]
    assert schedule.expires_at(rule, NOON, "Europe/Amsterdam") == datetime(2026, 5, 30, 11, tzinfo=UTC)


def test_days_are_days_of_the_calendar_and_hours_are_hours() -> None:
    before_summer = datetime(2026, 3, 28, 23, tzinfo=UTC)  # midnight in Amsterdam; the night after has 23 hours
    for span, end in (("P1D", 22), ("PT23H", 22), ("P1DT1H", 23)):
        rule = compiled(changed("plus: P7Y2D", f"plus: {span}")).retention["fiscal"]
        found = schedule.ends_after(rule, before_summer, "Europe/Amsterdam")
        assert found == datetime(2026, 3, 29, end, tzinfo=UTC), span


@pytest.mark.parametrize(
    ("at", "zone", "end"),
    [
        (datetime(2026, 12, 31, 22, 59, tzinfo=UTC), "Europe/Amsterdam", datetime(2033, 12, 31, 23, tzinfo=UTC)),
        (datetime(2026, 12, 31, 23, 0, tzinfo=UTC), "Europe/Amsterdam", datetime(2034, 12, 31, 23, tzinfo=UTC)),
        (datetime(2027, 1, 1, 7, 59, tzinfo=UTC), "America/Los_Angeles", datetime(2034, 1, 1, 8, tzinfo=UTC)),
    ],
    ids=["last-minute-of-the-year", "first-minute-of-the-next", "still-last-year-over-there"],
)
def test_an_invoice_stays_years_counted_from_the_end_of_its_own_year(
    at: datetime, zone: str, end: datetime
) -> None:
    assert schedule.expires_at(brand("vps6").retention["fiscal"], at, zone) == end


def test_what_waits_for_an_event_has_no_end_yet() -> None:
    assert schedule.expires_at(brand("vps6").retention["account"], NOON, "UTC") is None


@pytest.mark.parametrize(
    ("slug", "keep_class", "expected"),
    [
        ("vps6", "account", Outcome("deactivate", NOON + 730 * DAY, switched_off=True)),
        ("vps6", "session", Outcome("erase", NOON)),
        ("vps6", "fiscal", Outcome("keep", None, switched_off=True, own_terms=True)),
        ("vps6", "traffic", Outcome("keep", own_terms=True)),
        ("vpn", "account", Outcome("archive", NOON)),
        ("vpn", "support", Outcome("erase", NOON)),
        ("vpn", "archive", Outcome("erase", NOON + 365 * DAY, switched_off=True)),
        ("vpn", "traffic", Outcome("erase", NOON)),
        ("photonvps", "account", Outcome("erase", NOON)),
        ("photonvps", "session", Outcome("erase", NOON + 14 * DAY)),
        ("vpsfast", "account", Outcome("erase", NOON + 30 * DAY)),
        ("vietnam-server", "account", Outcome("erase", NOON)),
        ("vietnam-server", "registry", Outcome("erase", NOON + 730 * DAY, switched_off=True, own_terms=True)),
        ("vps6", "no_such_class", Outcome("erase", NOON)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_closing_does_to_each_class_what_the_shop_promised(
    slug: str, keep_class: str, expected: Outcome
) -> None:
    assert at_closing(slug, keep_class) == expected


def test_the_last_service_ends_the_account_only_where_the_policy_says_so() -> None:
    assert at_closing("vietnam-server", "account", "last_service.ended") == Outcome("erase", NOON)
    assert schedule.closes(brand("vietnam-server"), "last_service.ended")
    assert at_closing("vps6", "account", "last_service.ended") == Outcome("keep")
    assert not schedule.closes(brand("vps6"), "last_service.ended")
    assert at_closing("vps6", "no_such_class", "last_service.ended") == Outcome("keep")


def test_the_end_of_one_service_ends_no_account_and_what_belongs_to_it() -> None:
    assert not schedule.closes(brand("vietnam-server"), "service.ended")
    assert at_closing("vietnam-server", "content", "service.ended") == Outcome("erase", NOON)
    assert at_closing("vietnam-server", "account", "service.ended") == Outcome("keep")



def test_a_class_of_values_with_terms_of_their_own_ends_with_the_last_of_them() -> None:
    own, whole = Outcome("keep", own_terms=True), Outcome("erase", NOON)
    assert schedule.settled(own, NOON + DAY, NOON).ends == NOON + DAY
    assert schedule.settled(own, None, NOON).ends == NOON
    assert schedule.settled(whole, NOON + DAY, NOON) == whole


@pytest.mark.parametrize("zone", ["Europe/Amsterdam", "America/Los_Angeles", "Asia/Ho_Chi_Minh", "UTC"])
@pytest.mark.parametrize("keep_class", ["security", "fiscal"])
def test_what_came_before_the_cut_is_over_and_what_came_at_it_is_not(keep_class: str, zone: str) -> None:
    rule = brand("vps6").retention[keep_class]
    for days in range(0, 800, 7):
        at = datetime(2034, 1, 1, 7, 30, tzinfo=UTC) + days * DAY
        cut = schedule.cut_off(rule, at, zone)
        assert cut is not None
        hour = timedelta(hours=1)  # a night of a change of time is one longer or shorter
        assert schedule.expires_at(rule, cut - 2 * hour, zone) <= at
        assert schedule.expires_at(rule, cut + hour, zone) > at - hour


def test_where_events_decide_nothing_is_cut_off() -> None:
    assert schedule.cut_off(brand("vps6").retention["account"], NOON, "UTC") is None
