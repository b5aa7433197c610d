"""What a mail goes through, and which mails there are."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

import hostkeep.messaging
from hostkeep.kernel.ids import ClauseId, PurposeId
from hostkeep.messaging.rules.catalogue import TEMPLATES, checked_facts
from hostkeep.messaging.rules.delivery import FINAL, STEPS, WAITS, State, may_become, next_try
from hostkeep.messaging.rules.streams import wanted
from hostkeep.policy.book import Stream

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
NEWS = Stream("offers", PurposeId("offers"), {"en": "Offers"}, ("email",), "on", True, ClauseId("V6-6"))


def test_a_mail_is_tried_for_four_to_five_days_and_then_given_up():
    at, tries = AT, 0
    while (after := next_try(tries + 1, at)) is not None:
        assert after > at
        at, tries = after, tries + 1

    assert tries == len(WAITS)
    assert timedelta(days=4) <= at - AT <= timedelta(days=5)


def test_every_state_has_its_steps_and_the_final_ones_have_none():
    assert set(STEPS) == set(State)
    assert {state for state, steps in STEPS.items() if not steps} == FINAL
    assert not may_become(State.SENT, State.QUEUED)


def test_every_template_has_both_its_files():
    folder = Path(hostkeep.messaging.__file__).parent / "templates" / "mail"
    files = {p.relative_to(folder).as_posix() for p in folder.rglob("*.*")} - {"layout.html", "layout.txt"}
    files -= {"billing/owed.html", "billing/owed.txt"}  # what letters about an open invoice have in common

    assert files == {f"{name}.{form}" for name in TEMPLATES for form in ("html", "txt")}


def test_every_text_of_the_mails_is_there_in_vietnamese():
    folder = Path(hostkeep.messaging.__file__).parent
    with (folder / "locale" / "vi" / "LC_MESSAGES" / "django.po").open("rb") as file:
        catalogue = {entry.id: entry.string for entry in read_po(file, locale="vi") if entry.id}
    marked = [text for t in TEMPLATES.values() for text in (t.subject, t.why)]
    for path in (folder / "templates").rglob("*.*"):
        marked += re.findall(r'{% translate "([^"]+)" %}', path.read_text())

    assert len(marked) > 30 and not [text for text in marked if not catalogue.get(text)]
    for text, said in catalogue.items():
        meant = text[-1] if isinstance(text, tuple) else text  # of a plural: the form for many
        for form in said if isinstance(said, tuple) else (said,):
            for place in (r"{\w+}", r"%\(\w+\)s"):
                assert sorted(re.findall(place, meant)) == sorted(re.findall(place, form)), form


@given(st.text(min_size=1))
def test_a_fact_is_an_id_or_it_is_refused(value):
    template = TEMPLATES["billing/invoice"]
    try:
        checked_facts(template, {"invoice": value})
    except ValueError:
        return
    assert value.isdigit() or len(value) == 36


def test_facts_are_all_that_is_needed_and_nothing_else():
    template = TEMPLATES["billing/invoice"]
    good = {"invoice": str(uuid4()), "account": str(uuid4()), "language": "vi"}

    assert checked_facts(template, good) == good
    for bad in ({}, {**good, "name": str(uuid4())}, {**good, "language": "Vietnamese"}, {**good, "account": "ann"}):
        with pytest.raises(ValueError, match="billing/invoice"):
            checked_facts(template, bad)


@pytest.mark.parametrize(
    ("default", "choices", "gets"),
    [
        ("always", {"offers": False}, True),
        ("on", {}, True),
        ("on", {"offers": False}, False),
        ("off", {}, False),
        ("off", {"offers": True}, True),
        ("off", {"newsletter": True}, False),
    ],
)
def test_who_gets_a_stream(default, choices, gets):
    assert wanted(replace(NEWS, default=default), choices) is gets
