"""Every round goes on where one goes wrong: another row, another brand, and what lies behind a page of such."""

from __future__ import annotations

import sys
from uuid import uuid4

import pytest

from hostkeep.audit.reading import newest_id, raised_after
from hostkeep.flows import (
    cancelling,
    closing,
    disputing,
    mailing,
    paying_out,
    policy_change,
    renewing,
    standing_still,
    storing,
    sweeping,
)
from hostkeep.kernel.ids import BrandId, SubjectId
from hostkeep.promises import rounds as probing
from hostkeep.subscriptions.actions.cancelling import cancel
from hostkeep.subscriptions.models import Subscription
from hostkeep.vault import holds
from hostkeep.vault.ending import Whose
from tests.conftest import NOON, make_act
from tests.rooms.subscriptions.having import act_at, after, takes


def test_a_brand_that_cannot_be_renewed_keeps_no_other_waiting(db, monkeypatch) -> None:
    real, before = renewing.renew_brand, newest_id()
    takes("photonvps"), takes("vps6")

    def renew(act):
        if act.brand == "photonvps":
            raise KeyError("zone")
        return real(act)

    monkeypatch.setattr(renewing, "renew_brand", renew)
    assert renewing.renew_due(make_act(brand="", at=after(20))) == 1
    assert [each.kind for each in raised_after(before)] == ["work_failed"]


def test_an_end_that_goes_wrong_starves_none_behind_it(db, monkeypatch) -> None:
    takers = [takes(), takes(at=after(1))]
    for taker in takers:
        cancel(act_at(at=after(2)), subscription=taker.id, ends_at=taker.row.billed_to, reason="customer")
    real, due = cancelling.end_subscription, cancelling.ending_due

    def end(act, *, subscription, reason):
        if subscription == takers[0].id:
            raise KeyError("poisoned")
        return real(act, subscription=subscription, reason=reason)

    monkeypatch.setattr(cancelling, "end_subscription", end)
    monkeypatch.setattr(cancelling, "ending_due", lambda at, first=1: due(at, first=first))
    monkeypatch.setattr(cancelling, "AT_ONCE", 1, raising=False)
    assert cancelling.end_due(make_act(brand="", at=after(40))) >= 1
    assert takers[1].row.ended_at == after(40)
    assert takers[0].row.ended_at is None


def test_what_can_be_neither_settled_nor_put_off_starves_none_behind_it(db, monkeypatch) -> None:
    takers = [takes(), takes()]
    Subscription.objects.update(settle_at=NOON)
    real, bad = cancelling.settle_ahead, min(taker.id for taker in takers)

    def settle(act, *, subscription, settle):
        if subscription == bad:
            raise KeyError("poisoned")
        return real(act, subscription=subscription, settle=settle)

    def later(act, *, subscription):
        raise KeyError("poisoned")

    monkeypatch.setattr(cancelling, "settle_ahead", settle)
    monkeypatch.setattr(cancelling, "settle_later", later)
    cancelling.end_due(make_act(brand="", at=after(5)))
    assert set(Subscription.objects.exclude(settle_at=None).values_list("id", flat=True)) == {bad}


class Row:
    """Whatever a round goes through."""

    def __init__(self, name: str) -> None:
        self.id, self.brand, self.account, self.gateway, self.holdings, self.payouts = name, "vps6", name, name, (), ()
        self.moved = 0


def read(*_, **__):
    return (Row("a"), Row("b"))


def none(*_, **__):
    return ()


ROUNDS = {
    "a stored way to pay": (storing.sweep_due, "_look_up", {(storing.methods, "waiting_methods"): read, (storing.methods, "methods_to_forget"): none}),
    "a dispute": (disputing.sweep_due, "_erase", {(disputing.closings, "disputes_over"): read}),
    "an erased login": (closing.sweep_due, "erase_login", {(closing.closings, "unfinished"): none, (closing.closings, "erased_logins"): lambda **_: (("vps6", "a"), ("vps6", "b"))}),
    "an end after a no": (policy_change.sweep_due, "_end", {(policy_change, "endings_due"): read}),
    "a brand's cards": (standing_still.tell_of_cards, "_cards", {(standing_still, "all_brands"): read}),
    "a mail": (mailing.sweep_due, "_wake", {(mailing, "due_mail"): read}),
    "a brand's probes": (probing.send_due, "_is_due", {(probing, "all_brands"): read, (probing, "send_round"): lambda _: True}),
    "an account at a gateway": (
        paying_out.fetch, "_booked",
        {(paying_out, "telling_accounts"): read, (paying_out, "_standing"): none, (paying_out, "_driver"): none, (paying_out, "payouts_of"): lambda *_: Row("c"), (paying_out, "_held_otherwise"): none},
    ),
}


@pytest.mark.parametrize("what", ROUNDS)
def test_of_two_rows_the_second_has_its_turn(db, monkeypatch, what: str) -> None:
    """The first breaks in a way that nobody foresaw."""
    run, deed, world = ROUNDS[what]
    for (module, name), stands in world.items():
        monkeypatch.setattr(module, name, stands)
    calls: list[int] = []

    def breaks(*_, **__):
        calls.append(1)
        if len(calls) == 1:
            raise KeyError("poisoned")
        return (1, []) if deed == "_booked" else 1

    monkeypatch.setattr(sys.modules[run.__module__], deed, breaks)
    before = newest_id()
    run(make_act(brand="", at=NOON))
    assert len(calls) == 2
    assert [each.kind for each in raised_after(before)] == ["work_failed"]


@pytest.mark.parametrize("what", ["newcomers", "released", "terms"])
def test_the_sweeper_goes_on_with_the_next_and_the_run_does_not_count(db, monkeypatch, what: str) -> None:
    calls: list[int] = []

    def breaks(*_, **__):
        calls.append(1)
        if len(calls) == 1:
            raise KeyError("poisoned")
        return Row("c")

    whose = (Whose(BrandId("vps6"), SubjectId(uuid4())), Whose(BrandId("vps6"), SubjectId(uuid4())))
    freed = tuple(holds.Freed(one.brand, one.subject, frozenset({"support"})) for one in whose)
    if what == "newcomers":
        monkeypatch.setattr(sweeping.due, "left_open", lambda **_: whose)
        monkeypatch.setattr(sweeping.retention, "fire", breaks)
    elif what == "released":
        monkeypatch.setattr(sweeping.holds, "released", lambda **_: freed)
        monkeypatch.setattr(sweeping.erasing, "erase", breaks)
    else:
        monkeypatch.setattr(sweeping, "all_brands", read)
        monkeypatch.setattr(sweeping.rescheduling, "owed", breaks)
        monkeypatch.setattr(sweeping.rescheduling, "reschedule", lambda *_, **__: Row("c"))
    sweeping.sweep(make_act(brand="", at=NOON))
    assert len(calls) >= 2
    assert sweeping.last_run() is None
