"""VF-9: the policy changes without notice, the page tells it; earlier values are not served to new purposes untold."""

from __future__ import annotations

import json

import pytest

from hostkeep.brands.events import PolicyAnnounced
from hostkeep.flows import policy_change
from hostkeep.kernel.ids import CategoryId, PurposeId
from hostkeep.messaging.models import Mail
from hostkeep.promises.pages import read_page
from hostkeep.runtime import clock
from hostkeep.vault import door
from tests.conftest import make_act
from tests.faces.client.conftest import Member
from tests.rooms.brands.announcements import announce, changed


def with_statistics() -> str:
    """vpsfast lets the program use phone numbers for statistics."""
    return changed(
        "vpsfast",
        ("purposes:\n", "purposes:\n  statistics: legitimate_interest\n"),
        (
            "  also:\n  - kind: use\n    allow:\n",
            "  also:\n  - kind: use\n    allow:\n    - {categories: [phone], purposes: [statistics], roles: [system]}\n",
        ),
    )


def reads(who: Member) -> str:
    act = make_act("system", "statistics", brand="vpsfast", at=clock.now())
    return door.reveal(act, subject=who.account.subject, category=CategoryId("phone")).open()


def test_VF_9_a_change_is_in_force_now_the_history_tells_it_and_no_mail_leaves(shop) -> None:
    Member("vpsfast")
    made = announce("vpsfast", with_statistics())
    policy_change.on_policy_announced(
        make_act("system", "policy_change", brand="vpsfast", at=clock.now()), PolicyAnnounced(made.handle)
    )

    data = json.loads(shop("vpsfast").get("/privacy/policy.json").body)
    assert (data["version"], data["next"]) == (2, None)
    assert "statistics" in data["purposes"]
    history = read_page(shop("vpsfast").get("/privacy/history/?lang=en").body).words
    assert data["digest"] in history and "Phone number" in history
    assert not Mail.objects.filter(brand="vpsfast", template="policy/changed").exists()


def test_VF_9_the_new_purpose_works_on_a_later_number_and_is_refused_on_an_earlier_one_until_told() -> None:
    early = Member("vpsfast", "early")
    announce("vpsfast", with_statistics())
    late = Member("vpsfast", "late")

    assert reads(late) == "+31201234567"
    with pytest.raises(door.Refused) as no:
        reads(early)
    assert no.value.clause == "VF-9"

    page = early.get("/account/policy/?lang=en")
    assert "Phone number" in page.content.decode()
    assert reads(early) == "+31201234567"


def test_VF_9_is_proven(prove) -> None:
    assert prove("VF-9") == {}


def test_VF_9_turns_red_when_a_new_purpose_reaches_everything(prove, monkeypatch) -> None:
    monkeypatch.setattr(door, "reaches", lambda *_, **__: True)

    assert list(prove("VF-9")) == ["An earlier value is read for a purpose that was added since"]


def test_VF_9_turns_red_when_mail_leaves_by_itself(prove, monkeypatch) -> None:
    monkeypatch.setattr(policy_change, "is_mailed", lambda *_, **__: True)
    Member("vpsfast")

    assert "A change applies at once, the history tells it, and no mail leaves" in prove("VF-9")


def test_VF_9_turns_red_when_nobody_can_ever_be_told(prove, monkeypatch) -> None:
    from hostkeep.promises.probes import changes

    monkeypatch.setattr(changes, "mark_shown", lambda *_, **__: None)

    assert list(prove("VF-9")) == ["A new purpose serves later values, and earlier ones once their owner was told"]
