"""VPN-13: who rejects a change is told in the mail how; who goes on using the service accepts the rules."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from hostkeep.brands.applying import rejected, version_for
from hostkeep.flows import policy_change
from hostkeep.flows.service_access import open_secret
from hostkeep.kernel.ids import BrandId, CategoryId
from hostkeep.people.queries import acceptances_of
from hostkeep.provisioning.queries import service as service_row
from hostkeep.runtime import clock
from hostkeep.vault import consents, door
from tests.clauses.telling import tell
from tests.conftest import make_act
from tests.faces.client.conftest import PASSWORD, Member
from tests.flows.test_policy_change import mailer, serving
from tests.rooms.brands.announcements import announce, changed, longer

__all__ = ["mailer", "serving"]

VPN = BrandId("vpn")
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def tables(db) -> None:
    """Tables."""


def link_in(mailer) -> str:
    text = mailer.read().get_body(("plain",)).get_content()
    found = re.search(r"https?://[^/\s]+(/privacy/reject/\S+)", text)
    assert found, text
    return found[1]


def test_VPN_13_fetching_the_link_changes_nothing_and_confirming_ends_the_service_in_time(shop, mailer, serving) -> None:
    ann = Member("vpn")
    service = serving(ann).builds()
    tell("vpn", announce("vpn", longer("vpn")))
    path, scanner = link_in(mailer), shop("vpn")

    for _ in range(3):
        assert scanner.get(path).status == 200
    assert scanner.given == [], "no cookie, no login"
    assert rejected(VPN, ann.account.subject) is None
    assert shop("vpn").get(path.replace("/reject/", "/reject/x")).status == 404
    assert shop("vps6").get(path).status == 404, "another brand's host"

    assert scanner.post(path, {}).status == 302
    no = rejected(VPN, ann.account.subject)
    policy_change.sweep_due(make_act("system", "policy_change", brand="vpn", at=no.ends_at))
    room = serving(ann)
    room.act = make_act(brand="vpn", at=no.ends_at)
    room.works()
    assert service_row(service).state == "closed"
    assert version_for(VPN, ann.account.subject, no.applies_at + DAY).version == 1
    assert scanner.post(path, {}).status == 302, "again changes nothing"


def test_VPN_13_a_login_is_no_acceptance_and_using_the_service_is(mailer, serving) -> None:
    ann = Member("vpn")
    room = serving(ann)
    service = room.builds()
    tell("vpn", announce("vpn", longer("vpn")))
    later = version_for_day(ann)

    ann.client.logout()
    ann.sends(ann.get("/auth/login/"), "/auth/login/", login=ann.email, password=PASSWORD)
    ann.get("/account/")
    assert accepted(ann) == []

    act = make_act("customer", "service", brand="vpn", at=later, own=ann.account.subject)
    open_secret(act, of=ann.account.id, service=service, name="access")
    assert accepted(ann) == [("policy_by_use", 2)]


def version_for_day(ann: Member):
    """The first moment at which version 2 applies to somebody."""
    from hostkeep.brands.applying import notices_of

    return notices_of(VPN, ann.account.subject)[0].applies_at


def accepted(who: Member) -> list[tuple[str, int]]:
    return [(a.what, a.version) for a in acceptances_of(who.account.subject) if a.what == "policy_by_use"]


def test_VPN_13_going_on_is_never_a_consent(mailer, serving) -> None:
    text = changed(
        "vpn",
        ("purposes:\n", "purposes:\n  improvement: consent\n"),
        ("    rights:\n", "    rights:\n"),
        ("  also:\n  - kind: use\n    allow:\n", "  also:\n  - kind: use\n    allow:\n    - {categories: [email], purposes: [improvement], roles: [system]}\n"),
    ) if "    rights:\n" in changed("vpn") else changed(
        "vpn",
        ("purposes:\n", "purposes:\n  improvement: consent\n"),
        ("  also:\n  - kind: use\n    allow:\n", "  also:\n  - kind: use\n    allow:\n    - {categories: [email], purposes: [improvement], roles: [system]}\n"),
    )  # fmt: skip
    ann = Member("vpn")
    tell("vpn", announce("vpn", text))
    later = version_for_day(ann)
    policy_change.note_use(make_act("customer", "service", brand="vpn", at=later), ann.account)
    assert accepted(ann) == [("policy_by_use", 2)]

    act = make_act("system", "improvement", brand="vpn", at=later)
    with pytest.raises(door.Refused) as no:
        door.reveal(act, subject=ann.account.subject, category=CategoryId("email"))
    assert no.value.facts["why"] == "needs:consent"
    assert consents.consents_of(act, subject=ann.account.subject) == ()


def test_VPN_13_fails_when_opening_the_link_acts(shop, mailer, monkeypatch) -> None:
    from hostkeep.brands.actions.telling import reject_change
    from hostkeep.faces.storefront import rejecting

    ann = Member("vpn")
    tell("vpn", announce("vpn", longer("vpn")))
    real = rejecting._notice

    def eager(request, token):
        row = real(request, token)
        reject_change(make_act("visitor", "policy_change", brand="vpn", at=clock.now()), notice=row.id)
        return row

    monkeypatch.setattr(rejecting, "_notice", eager)
    shop("vpn").get(link_in(mailer))
    assert rejected(VPN, ann.account.subject) is not None
