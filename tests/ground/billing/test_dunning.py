"""The calendar of what is not paid: each step once, in order, warned in time, nothing after payment."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hostkeep.billing.errors.dunning import BadCalendar, BadException
from hostkeep.billing.rules.calendars import DAY, USUAL, calendar_of
from hostkeep.billing.rules.dunning import next_look, steps_due
from hostkeep.billing.rules.dunning_steps import FOLDED, MISSED, SENT, TOLD, Done, Facts, Kind, Spared, Step, day_of, moment_of
from hostkeep.billing.rules.sparing import checked

ZONE = "Europe/Berlin"
DUE = datetime(2026, 6, 15, 14, 30, tzinfo=UTC)
RENEWAL = Facts(DUE - 14 * DAY, DUE, ZONE, "renewal", runs=True)
HOUR = timedelta(hours=1)


class Play:
    """An invoice played through time, as the run would: what is due is done, letters are told after `post`."""

    def __init__(self, facts: Facts = RENEWAL, calendar=USUAL, *, post: timedelta | None = timedelta(), spared=()) -> None:
        self.facts, self.calendar, self.post, self.spared = facts, calendar, post, list(spared)
        self.done: list[Done] = []
        self.letters: list[datetime] = []

    def look(self, at: datetime) -> tuple[Step, ...]:
        steps = steps_due(self.calendar, self.facts, self.done, self.spared, at)
        for step in steps:
            outcome = step.outcome or ("declined" if step.kind is Kind.CHARGE else SENT)
            self.done.append(Done(step.kind, step.day, at, outcome))
            if not step.outcome:
                self.letters.append(at)
            if step.kind in TOLD and self.post is not None:
                self.done.append(Done(TOLD[step.kind], step.day, at + self.post))
            if step.kind is Kind.STOP:
                self.facts = replace(self.facts, runs=False, stopped=True)
            if step.kind is Kind.END:
                self.facts = replace(self.facts, stopped=False)
        return steps

    def to(self, until: datetime, *, begin: datetime | None = None, down=()) -> list[tuple[int, str, str]]:
        at = begin or self.facts.issued_at
        while at is not None and at < until:
            outage = next((end for start, end in down if start <= at < end), None)
            if outage is not None:
                at = outage
                continue
            if not self.look(at):
                at = next_look(self.calendar, self.facts, self.done, self.spared, at)
        return self.told

    @property
    def told(self) -> list[tuple[int, str, str]]:
        shown = [each for each in self.done if each.kind not in TOLD.values()]
        return [(day_of(each.at, self.facts), str(each.kind), each.outcome) for each in shown]

    def when(self, kind: Kind) -> datetime | None:
        return next((each.at for each in self.done if each.kind == kind), None)


FAR = DUE + 400 * DAY


def test_the_usual_calendar_day_by_day() -> None:
    play = Play()
    assert play.to(FAR) == [
        (-7, "reminder", SENT), (-3, "reminder", SENT), (-1, "reminder", SENT), (1, "reminder", SENT),
        (3, "reminder", FOLDED), (3, "suspend_warning", SENT), (5, "suspend", SENT), (7, "reminder", SENT),
        (23, "end_warning", SENT), (29, "end_warning", SENT), (30, "end", SENT),
    ]  # fmt: skip
    assert {at.astimezone(ZoneInfo(ZONE)).hour for at in play.letters} == {9}
    assert next_look(USUAL, play.facts, play.done, (), FAR) is None


def test_a_card_is_charged_first_and_what_is_declined_is_that_days_letter() -> None:
    play = Play(replace(RENEWAL, chargeable=DUE - 90 * DAY))
    told = play.to(FAR)
    assert [(day, kind, outcome) for day, kind, outcome in told if day in {-1, 1, 3}] == [
        (-1, "charge", "declined"), (-1, "reminder", FOLDED), (1, "charge", "declined"), (1, "reminder", FOLDED),
        (3, "charge", "declined"), (3, "reminder", FOLDED), (3, "suspend_warning", SENT),
    ]  # fmt: skip
    assert [day for day, kind, _ in told if kind == "charge"] == [-1, 1, 3, 7]


@pytest.mark.parametrize("ahead", [1, 12])
def test_what_is_made_less_than_a_day_before_it_is_due_is_charged_at_once(ahead: int) -> None:
    made = replace(RENEWAL, issued_at=DUE - ahead * HOUR, chargeable=DUE - 90 * DAY)
    assert [day for day, kind, _ in Play(made).to(FAR) if kind == "charge"] == [0, 1, 3, 7], "on the day it is due, not after it"
    calendar = calendar_of({})
    (first,) = steps_due(calendar, made, (), (), calendar.awake(made.issued_at, made.zone))
    assert (first.kind, first.day) == ("charge", -1)
    later = replace(made, chargeable=DUE - ahead * HOUR / 2)
    assert next_look(calendar, later, (), (), made.issued_at) > DUE, "a card that came after it waits for the next day"


def test_a_card_that_came_later_is_not_charged_for_days_before_it() -> None:
    play = Play(replace(RENEWAL, chargeable=DUE + 2 * DAY))
    assert [day for day, kind, _ in play.to(FAR) if kind == "charge"] == [3, 7]


def test_an_order_that_nobody_paid_is_cancelled_and_not_dunned_further() -> None:
    issued = DUE - 7 * DAY
    play = Play(Facts(issued, DUE, ZONE, "order"))
    assert play.to(FAR) == [(-3, "reminder", SENT), (-1, "reminder", SENT), (1, "cancel", SENT)]
    assert play.when(Kind.CANCEL) >= DUE


def test_what_was_missed_is_not_sent_in_a_burst() -> None:
    play = Play()
    down = [(moment_of(USUAL, RENEWAL, -3) - HOUR, moment_of(USUAL, RENEWAL, 1) + HOUR)]
    told = play.to(DUE + 2 * DAY, down=down)
    assert told == [(-7, "reminder", SENT), (1, "reminder", MISSED), (1, "reminder", MISSED), (1, "reminder", SENT)]


def test_after_an_outage_the_warning_still_comes_in_time() -> None:
    play = Play()
    back = moment_of(USUAL, RENEWAL, 40)
    play.to(FAR, down=[(moment_of(USUAL, RENEWAL, 2), back)])
    assert play.when(Kind.STOP_WARNING) == back
    assert play.when(Kind.STOP) == back + timedelta(hours=48)
    assert day_of(play.when(Kind.END), RENEWAL) == 42 + 25


def test_nothing_is_stopped_or_ended_that_was_not_told() -> None:
    play = Play(post=None)
    play.to(FAR)
    assert play.when(Kind.STOP_WARNING)
    assert play.when(Kind.STOP) is None
    play = Play()
    play.to(moment_of(USUAL, RENEWAL, 20))
    play.post = None
    play.to(FAR, begin=moment_of(USUAL, RENEWAL, 20))
    assert [each.kind for each in play.done].count(Kind.END_WARNING) == 1
    assert play.when(Kind.END) is None


def test_a_promise_keeps_all_back_and_what_was_warned_before_is_warned_again() -> None:
    promised = Spared("promise", moment_of(USUAL, RENEWAL, 4), until=moment_of(USUAL, RENEWAL, 20) - HOUR)
    play = Play(spared=[promised])
    told = play.to(FAR)
    assert [day for day, kind, _ in told if kind == "suspend_warning"] == [3, 20]
    assert [day for day, kind, _ in told if kind == "suspend"] == [22]
    assert not [day for day, *_ in told if 4 <= day < 20]


def test_who_is_never_stopped_is_never_ended_and_who_is_never_ended_is_stopped() -> None:
    kinds = {kind for _, kind, _ in Play(spared=[Spared("never_stop", RENEWAL.issued_at)]).to(FAR)}
    assert kinds == {"reminder"}
    kinds = {kind for _, kind, _ in Play(spared=[Spared("never_end", RENEWAL.issued_at)]).to(FAR)}
    assert kinds == {"reminder", "suspend_warning", "suspend"}


def test_who_was_never_to_be_ended_is_warned_anew_before_an_end() -> None:
    spared = Spared("never_end", moment_of(USUAL, RENEWAL, 29) + HOUR, until=moment_of(USUAL, RENEWAL, 50) - HOUR)
    told = Play(spared=[spared]).to(FAR)
    warned = [day for day, kind, _ in told if kind == "end_warning"]
    ended = [day for day, kind, _ in told if kind == "end"]
    assert [day for day in warned if day < 30], "it was warned of before"
    assert len([day for day in warned if day >= 50]) == 2
    assert ended and min(ended) >= 57


def test_who_was_spared_for_an_hour_is_warned_again_the_day_after() -> None:
    """A step is one of a day: the database holds it."""
    warned = moment_of(USUAL, RENEWAL, 3)
    spared = Spared("promise", warned + HOUR, until=warned + 9 * DAY, lifted_at=warned + 2 * HOUR)
    play = Play()
    play.to(warned + HOUR)
    play.spared = [spared]
    told = play.to(FAR, begin=warned + 2 * HOUR)
    assert len({(day, kind) for day, kind, _ in told}) == len(told)
    assert [day for day, kind, _ in told if kind == "suspend_warning"] == [3, 4]
    assert [day for day, kind, _ in told if kind == "suspend"] == [6]


def test_a_dispute_of_an_hour_lets_a_warning_be_told_again_the_day_after() -> None:
    warned = moment_of(USUAL, RENEWAL, 3)
    play = Play()
    play.to(warned + HOUR)
    play.facts = replace(play.facts, released=warned + 2 * HOUR)
    told = play.to(FAR, begin=warned + 2 * HOUR)
    assert [day for day, kind, _ in told if kind == "suspend_warning"] == [3, 4]


@pytest.mark.parametrize("how", ["dispute", "promise"])
def test_what_stands_still_when_that_is_over_is_ended_after_its_warnings_all_the_same(how: str) -> None:
    """It could not be made to run again, or nothing asked for it: the calendar goes on from there."""
    play = Play()
    play.to(DUE + 6 * DAY)
    assert play.facts.stopped
    over = moment_of(USUAL, RENEWAL, 40)
    if how == "dispute":
        play.facts = replace(play.facts, released=over)
    else:
        play.spared = [Spared("promise", DUE + 6 * DAY, until=over)]
    told = play.to(FAR, begin=over)
    assert [day for day, kind, _ in told if kind == "suspend"] == [5]
    assert [day for day, kind, _ in told if kind == "end_warning"] == [58, 64]
    assert [day for day, kind, _ in told if kind == "end"] == [65]


def test_what_is_disputed_or_not_known_is_left_alone() -> None:
    for at in (DUE - 7 * DAY, DUE + 5 * DAY, DUE + 90 * DAY):
        assert steps_due(USUAL, replace(RENEWAL, held=True), (), (), at) == ()


def test_an_open_page_keeps_each_step_for_three_hours_and_nobody_for_ever() -> None:
    """A link to pay by is enough to open the page again and again."""
    usual, paying = Play(), Play(replace(RENEWAL, paying=True))
    assert paying.to(FAR) == usual.to(FAR)
    assert {at.astimezone(ZoneInfo(ZONE)).hour for at in usual.letters} == {9}
    hours = {(each.kind, each.at.astimezone(ZoneInfo(ZONE)).hour) for each in paying.done if each.outcome == SENT}
    warned_of = {("suspend", 15), ("end", 15)}  # due whole days after warnings that were told at noon
    assert hours == warned_of | {(kind, 12) for kind in ("reminder", "suspend_warning", "end_warning")}


@pytest.mark.parametrize("how", ["dispute", "promise", "quiet hours"])
def test_what_was_due_before_it_could_be_taken_waits_for_who_is_at_the_page_from_then_on(how: str) -> None:
    calendar, facts, spared = USUAL, replace(RENEWAL, paying=True), []
    over = moment_of(USUAL, RENEWAL, 2) + HOUR
    if how == "dispute":
        facts = replace(facts, released=over)
    elif how == "promise":
        spared = [Spared("promise", DUE - 10 * DAY, until=over)]
    else:
        over = moment_of(USUAL, RENEWAL, 2)
        facts = replace(facts, issued_at=over - 12 * HOUR)
        calendar = calendar_of({"dunning": {"charges": [-1]}})
        facts = replace(facts, chargeable=DUE - 90 * DAY)
        over = calendar.awake(facts.issued_at, ZONE)
        assert over.astimezone(ZoneInfo(ZONE)).hour == 8
    assert steps_due(calendar, facts, (), spared, over + 2 * HOUR) == ()
    assert steps_due(calendar, facts, (), spared, over + 3 * HOUR) != ()
    assert steps_due(calendar, replace(facts, paying=False), (), spared, over) != ()


@pytest.mark.parametrize("hour", [20, 23, 0, 7])
def test_nothing_happens_in_quiet_hours(hour: int) -> None:
    at = datetime(2026, 6, 16, hour, 30, tzinfo=ZoneInfo(ZONE))
    assert steps_due(USUAL, RENEWAL, (), (), at) == ()
    play = Play()
    assert play.look(next_look(USUAL, RENEWAL, (), (), at))


def test_a_clock_that_is_put_forward_shortens_no_warning() -> None:
    due = datetime(2026, 3, 27, 12, tzinfo=UTC)  # two days later, summer time begins
    play = Play(replace(RENEWAL, issued_at=due - 14 * DAY, due_at=due), calendar_of({"dunning": {"suspend": 3}}))
    play.to(due + 20 * DAY)
    assert play.when(Kind.STOP) - play.when(Kind.STOP_WARNING) >= timedelta(hours=48)


outages = st.lists(st.tuples(st.integers(-20 * 24, 60 * 24), st.integers(1, 20 * 24)), max_size=4)
calendars = st.builds(
    lambda reminders, charges, stop, hours, between, warnings, hour: calendar_of({"dunning": {
        "reminders": sorted(reminders), "charges": sorted(charges), "suspend": stop, "suspend_warning_hours": hours,
        "terminate": stop + between, "terminate_warnings": sorted(warnings), "hour": hour,
    }}),
    st.sets(st.integers(-20, 40), max_size=6), st.sets(st.integers(-10, 20), max_size=4), st.integers(0, 20),
    st.integers(1, 96), st.integers(1, 40), st.sets(st.integers(1, 20), min_size=1, max_size=3), st.integers(8, 19),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    calendar=calendars, zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Ho_Chi_Minh", "Pacific/Kiritimati"]),
    due=st.integers(0, 365 * 24), lead=st.integers(0, 30 * 24), outage=outages, paid=st.integers(-20 * 24, 90 * 24),
    post=st.integers(0, 72), card=st.booleans(), promise=st.tuples(st.integers(-10, 40), st.integers(1, 40)), spare=st.booleans(),
)  # fmt: skip
def test_whatever_happens(calendar, zone, due, lead, outage, paid, post, card, promise, spare) -> None:
    due_at = datetime(2026, 1, 1, 3, 17, tzinfo=UTC) + due * HOUR
    facts = Facts(
        due_at - lead * HOUR, due_at, zone, "renewal", runs=True, chargeable=due_at - 99 * DAY if card else None
    )
    begins = due_at + promise[0] * DAY
    spared = [Spared("promise", begins, until=begins + promise[1] * DAY)] if spare else []
    down = [(due_at + begin * HOUR, due_at + (begin + long) * HOUR) for begin, long in outage]
    play = Play(facts, calendar, post=post * HOUR, spared=spared)
    paid_at = due_at + paid * HOUR
    play.to(paid_at, down=down)
    play.facts = replace(play.facts, owed=False)
    for days in range(0, 120, 7):
        assert play.look(paid_at + days * DAY) == ()
    assert next_look(calendar, play.facts, play.done, spared, paid_at) is None

    keys = [(each.kind, each.day) for each in play.done]
    assert len(keys) == len(set(keys)), "a step twice"
    sent = [each for each in play.done if each.outcome not in {MISSED, FOLDED}]
    letters = [each.at for each in sent if each.kind == Kind.REMINDER]
    assert len(letters) == len(set(letters)), "reminders in a burst"
    reminded = [each.day for each in sent if each.kind == Kind.REMINDER]
    assert reminded == sorted(reminded)
    told = {each.day: each.at for each in play.done if each.kind == Kind.STOP_TOLD}
    ended = [each.at for each in play.done if each.kind == Kind.END_TOLD]
    stops = [each for each in play.done if each.kind == Kind.STOP]
    ends = [each for each in play.done if each.kind == Kind.END]
    for stop in stops:
        assert any(at + calendar.stop_warning <= stop.at for at in told.values()), "stopped without its warning"
        assert day_of(stop.at, facts) >= calendar.stop
    for end in ends:
        assert len(ended) >= len(calendar.end_warnings)
        for before, at in zip(calendar.end_warnings, ended[-len(calendar.end_warnings) :], strict=True):
            assert at + before * DAY <= end.at, "ended without its warning"
        assert stops
        assert day_of(end.at, facts) - day_of(stops[-1].at, facts) >= calendar.end - calendar.stop
    for each in play.done:
        local = each.at.astimezone(ZoneInfo(zone))
        if each.kind not in TOLD.values():
            assert 8 <= local.hour < 20, "in quiet hours"
            assert not any(one.holds(each.at) for one in spared), "under a promise"
            assert not any(start <= each.at < end for start, end in down)
        if each.kind in {Kind.REMINDER, Kind.CHARGE}:
            assert each.at >= moment_of(calendar, facts, each.day)


@pytest.mark.parametrize(
    "said",
    [
        {"suspend": "soon"}, {"suspend": True}, {"terminate": 3}, {"terminate": 30, "suspend": "never"}, {"reminders": [1, 1]},
        {"reminders": [9999]}, {"hour": 23}, {"hour": 24}, {"quiet": [1]}, {"terminate_warnings": []}, {"colour": 1},
        {"charges": "daily"}, {"card_notice": 31},
    ],
)  # fmt: skip
def test_a_calendar_that_cannot_be_followed_is_refused(said) -> None:
    with pytest.raises(BadCalendar):
        calendar_of({"dunning": said})


def test_a_brand_says_its_own_and_the_rest_is_as_usual() -> None:
    assert calendar_of({}) == USUAL == calendar_of({"dunning": {"invoice_before": 30}})
    own = calendar_of({"dunning": {"suspend": "never"}})
    assert (own.stop, own.end, own.reminders) == (None, None, USUAL.reminders)


@pytest.mark.parametrize(
    ("kind", "days", "reason"),
    [("promise", None, "asked"), ("promise", -1, "asked"), ("promise", 500, "asked"), ("promise", 5, "liked"), ("free", 5, "asked")],
)
def test_an_exception_that_cannot_be_is_refused(kind, days, reason) -> None:
    with pytest.raises(BadException):
        checked(kind, until=DUE + days * DAY if days else None, reason=reason, at=DUE)
