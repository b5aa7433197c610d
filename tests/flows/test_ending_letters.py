"""Whoever cancels for the end of what was paid is written when that is, what goes then, and how to keep it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hostkeep.flows import cancelling, ending_letters
from hostkeep.flows.handlers import HANDLERS
from hostkeep.messaging.calls import handing
from hostkeep.subscriptions.events import SubscriptionEnding
from tests.conftest import NOON, make_act
from tests.flows.debtors import DAY, Debtor, carry, machines
from tests.flows.test_mailing import FakeMailer


@pytest.fixture
def ann(db, monkeypatch):
    taking = FakeMailer()
    monkeypatch.setattr(handing, "_makers", [lambda _brand: taking])
    with machines():
        one = Debtor().starts()
        one.mailer = taking
        yield one


def customer(one: Debtor, days: float):
    return make_act("customer", "service", brand=one.brand, at=NOON + days * DAY, own=one.subject)


def bodies(one: Debtor) -> list[str]:
    """The letters about an end, as they left."""
    found = []
    for n, letter in enumerate(one.mailer.letters):
        message = one.mailer.read(n)
        if " ends on " in str(message["Subject"]):
            found.append("\n".join((str(message["Subject"]), message.get_body(("plain",)).get_content(), message.get_body(("html",)).get_content())))
    return found


def test_the_letter_names_the_day_what_goes_and_where_to_keep_it(ann) -> None:
    ends = ann.subscription.billed_to
    cancelling.cancel_at_end(customer(ann, 5), of=ann.account, service=ann.service)
    carry(NOON + 5 * DAY)
    (said,) = bodies(ann)
    assert said.startswith("Hexa S: Debian 13 ends on 1 April 2026\n")
    assert ends.date().isoformat() == "2026-04-01"
    assert said.count(f"/account/services/{ann.service}/") == 2
    assert "deleted" in said
    assert "take it back" in said


def test_each_end_is_told_once_and_one_that_was_taken_back_before_is_not(ann) -> None:
    assert ending_letters.on_subscription_ending in HANDLERS[SubscriptionEnding]
    cancelling.cancel_at_end(customer(ann, 5), of=ann.account, service=ann.service)
    cancelling.keep(customer(ann, 5), of=ann.account, service=ann.service)
    carry(NOON + 5 * DAY)
    assert bodies(ann) == []
    cancelling.cancel_at_end(customer(ann, 6), of=ann.account, service=ann.service)
    event = SubscriptionEnding(ann.subscription.id, ann.service, ann.account)
    for _ in range(2):
        ending_letters.on_subscription_ending(make_act(brand=ann.brand, at=NOON + 6 * DAY), event)
    carry(NOON + 6 * DAY)
    assert len(bodies(ann)) == 1


def test_an_end_now_has_no_such_letter(ann) -> None:
    cancelling.cancel_now(customer(ann, 5), of=ann.account, service=ann.service)
    carry(NOON + 5 * DAY + timedelta(minutes=1))
    assert bodies(ann) == []
