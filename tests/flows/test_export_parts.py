"""What a copy holds of orders, services and the look of a mailbox's owner: all of it, opened for them alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from hostkeep.audit.enter import APART
from hostkeep.brands.queries import policy_in_force
from hostkeep.flows.exporting.gathering import parts_of
from hostkeep.flows.exporting.kinds import TRADE, tallies_of
from hostkeep.flows.exporting.own import Whose
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId
from hostkeep.vault.door import Refused
from hostkeep.people.queries import account_of_subject
from tests.conftest import NOON, make_act
from tests.everything import BRAND as EVERYTHING
from tests.everything import Customer
from tests.flows.leaving import Leaver
from tests.flows.test_closing import fake, mailer, room, set_up
from tests.cards import keeps_cards
from tests.holders import CARD, holding
from tests.rooms.billing.making import Buyer
from tests.rooms.billing.test_refunding import overpaid
from tests.rooms.subscriptions.having import opens_account, takes
from tests.rooms.provisioning.conftest import Room

__all__ = ["fake", "mailer", "room", "set_up"]

pytestmark = pytest.mark.django_db


def copied(act: Act, ann: Leaver) -> dict[str, tuple]:
    whose = Whose(ann.account, None, policy_in_force(ann.account.brand, act.at))
    return {part.name: tuple(part.rows) for part in parts_of(act, whose)}


def test_a_copy_holds_what_was_ordered_and_what_runs(room: Room) -> None:
    ann = Leaver("vps6", room=room)
    room.orders()
    copy = copied(ann.act("rights"), ann)
    (service,) = copy["services"]
    assert service["title"] and service["product"] and service["state"]
    assert "boxes" not in service and "subject" not in service
    assert {"orders", "invoices"} <= set(copy)


def test_nobody_gathers_the_copy_of_another(room: Room) -> None:
    ann, binh = Leaver("vps6", room=room), Leaver("vps6", "binh")
    room.orders()
    with pytest.raises(Refused):
        copied(binh.act("rights"), ann)


@pytest.fixture
def holder(db, tmp_path: Path) -> Iterator[Customer]:
    with holding(tmp_path) as who:
        yield who


LATER = NOON + timedelta(days=40)


def rights_of(who: Customer) -> Act:
    return make_act("customer", "rights", brand=EVERYTHING, at=LATER, actor="user:test", own=who.row.subject)


def all_of(who: Customer) -> dict[str, tuple]:
    whose = Whose(who.row, None, policy_in_force(BrandId(EVERYTHING), LATER))
    return {part.name: tuple(part.rows) for part in parts_of(rights_of(who), whose)}


NOT_HELD_HERE = {"promo_uses", "registrations"}


def test_a_copy_holds_something_of_every_kind(holder: Customer) -> None:
    copy = all_of(holder)
    assert {name for name in TRADE if not copy[name]} == NOT_HELD_HERE
    assert set(tallies_of(holder.account)) == set(TRADE) - NOT_HELD_HERE


def test_the_copy_says_what_each_kind_was(holder: Customer) -> None:
    copy = all_of(holder)
    assert {row["kind"] for row in copy["invoices"]} == {"invoice", "credit_note", "proforma"}
    assert copy["addresses"][0]["address"].startswith("10.77.0.")
    assert copy["subscriptions"][0]["told"]["product"] == "tunnel"
    assert copy["subscription_changes"][0]["told"]["plan"] == "yearly"
    assert copy["meters"][0]["meter"]["title"] == "Traffic out"
    assert [row["amount"]["minor"] for row in copy["meter_uses"]] == [300]
    assert [(row["quantity"], row["billed"]) for row in copy["meter_readings"]] == [
        (7 * 10**9, False), (400 * 10**9, True), (170 * 10**9, True),
    ]  # fmt: skip
    assert {row["kind"] for row in copy["meter_alerts"]} == {"alert", "cap"}
    [refund] = copy["refunds"]
    assert refund["amount"] == {"minor": 300, "currency": "EUR"}
    assert refund["of"] in {row["proof"] for row in copy["payments"] if row["amount"]["minor"] == 2880}
    [dispute] = copy["payment_disputes"]
    assert (dispute["proof"], dispute["state"], dispute["fee"]["minor"]) == ("d-1", "open", 15)
    assert {"gift", "paid_out", "used"} <= {row["kind"] for row in copy["credit"]}
    assert [row["amount"]["minor"] for row in copy["top_ups"]] == [2000]
    assert {(row["rule"], row["country"]) for row in copy["tax_decisions"]} == {("domestic", "DE")}
    assert copy["tax_number_checks"][0]["proof"] == "consult-1"
    assert [row["kind"] for row in copy["reminder_exceptions"]] == ["promise"]
    assert {row["kind"] for row in copy["reminders"]} == {"reminder"}
    assert {(row["label"], row["state"]) for row in copy["payment_methods"]} == {(CARD, "ready"), ("Visa 1881", "ended")}
    assert {part["number"] for row in copy["payments"] for part in row["covers"]} <= {row["number"] for row in copy["invoices"]}
    assert all(row["state"] == "settled" for row in copy["payment_attempts"])
    assert copy["book_findings"][0]["what"] == "credit"


def test_what_its_owner_may_not_read_back_stands_without_it(db, tmp_path: Path) -> None:
    """The whole copy was refused where the policy kept one category from its owner."""
    with holding(tmp_path, policy_of=keeps_cards) as who:
        methods = all_of(who)["payment_methods"]
    assert {(row["label"], row["state"]) for row in methods} == {("", "ready"), ("", "ended")}


def rich(times: int) -> Act:
    """A customer with so many subscriptions, each billed once and paid, and somebody's act for their copy."""
    account, subject = opens_account()
    buyer = Buyer("vps6", account, subject)
    for _ in range(times):
        takes(who=(account, subject))
        overpaid(buyer, 500)
    return make_act("customer", "rights", brand="vps6", at=LATER, actor="user:test", own=subject)


def asked_for(act: Act) -> tuple[int, int]:
    """How many statements gathering takes, on both connections, and how many rows come of it."""
    whose = Whose(account_of_subject(act.own), None, policy_in_force(BrandId("vps6"), act.at))
    with CaptureQueriesContext(connection) as own, CaptureQueriesContext(connections[APART]) as apart:
        parts = parts_of(act, whose)
    return len(own) + len(apart), sum(len(part.rows) for part in parts if part.name in TRADE)


def test_more_rows_are_no_more_queries(db) -> None:
    few, many = rich(5), rich(50)
    asked_for(few)
    (queries, rows), (more_queries, more_rows) = asked_for(few), asked_for(many)
    assert more_rows >= 8 * rows
    assert more_queries == queries
