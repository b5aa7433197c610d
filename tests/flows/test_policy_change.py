"""A policy changes: who is told when, for whom it applies from when, who says no, who accepts by going on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from hostkeep.brands import queries
from hostkeep.brands.actions.telling import accept_changes, reject_change
from hostkeep.brands.applying import notices_of, policy_for, rejected, untold, version_for
from hostkeep.brands.errors import CannotReject, RulesRejected
from hostkeep.brands.events import ChangeRejected, TellingWanted
from hostkeep.brands.preparing import telling_of
from hostkeep.drivers.conformance.machines import FakeProvisioner
from hostkeep.drivers.mail import Bounced, Later, Taken
from hostkeep.faces.storefront.rejecting import reject_path
from hostkeep.flows import policy_change
from hostkeep.flows.checkout import place_order
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, CartId, CategoryId, PurposeId
from hostkeep.kernel.money import EUR, Money
from hostkeep.messaging import links
from hostkeep.messaging.calls import handing
from hostkeep.people.queries import acceptances_of
from hostkeep.provisioning.calls import drivers
from hostkeep.provisioning.queries import service as service_row
from hostkeep.runtime import clock
from hostkeep.vault import consents, door
from tests.clauses.telling import carry, tell
from tests.conftest import make_act
from tests.faces.client.conftest import Member
from tests.flows.test_mailing import FakeMailer
from tests.rooms.brands.announcements import announce, changed, longer, shorter
from tests.rooms.provisioning.conftest import Room

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
SELLING = ("purposes:\n", "purposes:\n  offers: legitimate_interest\n")


@pytest.fixture
def mailer(monkeypatch) -> Iterator[FakeMailer]:
    fake = FakeMailer()
    monkeypatch.setattr(handing, "_makers", [lambda _brand: fake])
    monkeypatch.setattr(links, "_makers", {"policy/reject": reject_path})
    return fake


def job(brand: str, at: datetime) -> Act:
    return make_act("system", "policy_change", brand=brand, at=at)


def test_vps6_mails_every_customer_and_the_mail_says_what_changes_and_from_when(mailer) -> None:
    ann, ben = Member("vps6", "ann"), Member("vps6", "ben")
    made = announce("vps6", longer("vps6"))

    tell("vps6", made)

    assert {mailer.read(n)["To"] for n in (0, 1)} == {"ann@example.test", "ben@example.test"}
    text = mailer.read().get_body(("plain",)).get_content()
    assert "V6-7" in text and "14 days" in text and "21 days" in text
    assert "/privacy/history/" in text
    assert "/privacy/reject/" not in text, "vps6 offers no such way"
    (told,) = notices_of(BrandId("vps6"), ann.account.subject)
    assert (told.state, told.applies_at) == ("handed_over", made.effective_at)
    assert telling_of(BrandId("vps6"), 2).count == 2
    assert telling_of(BrandId("vps6"), 2).finished_at is not None
    assert version_for(BrandId("vps6"), ben.account.subject, made.effective_at - DAY).version == 1
    assert version_for(BrandId("vps6"), ben.account.subject, made.effective_at).version == 2


def test_telling_twice_writes_one_mail_each(mailer) -> None:
    Member("vps6")
    made = announce("vps6", longer("vps6"))
    for _ in range(3):
        tell("vps6", made)
    assert len(mailer.letters) == 1


def test_telling_goes_on_where_a_dead_worker_left_off(mailer, monkeypatch) -> None:
    people = [Member("vps6", f"p{n}") for n in range(5)]
    made = announce("vps6", longer("vps6"))
    monkeypatch.setattr(policy_change, "PORTION", 2)
    real = policy_change._tell
    seen: list[object] = []

    def dies(act, row, account):
        if len(seen) == 3:
            raise RuntimeError("killed")
        seen.append(account.id)
        real(act, row, account)

    monkeypatch.setattr(policy_change, "_tell", dies)
    with pytest.raises(RuntimeError):
        tell("vps6", made)
    assert telling_of(BrandId("vps6"), 2).finished_at is None
    monkeypatch.setattr(policy_change, "_tell", real)

    tell("vps6", made)

    assert sorted(m["To"] for m in map(mailer.read, range(len(mailer.letters)))) == sorted(p.email for p in people)


@pytest.mark.parametrize(("brand", "text"), [("vps6", shorter("vps6")), ("vpsfast", longer("vpsfast")), ("photonvps", longer("photonvps"))])
def test_where_no_mail_is_promised_none_leaves(mailer, brand: str, text: str) -> None:
    Member(brand)
    tell(brand, announce(brand, text))
    assert mailer.letters == []


def test_vietnam_server_is_in_force_at_once_and_mail_is_tried(mailer) -> None:
    ann = Member("vietnam-server")
    mailer.answers = [Bounced("550 5.1.1")]
    made = announce("vietnam-server", longer("vietnam-server"))
    assert made.effective_at == made.announced_at

    tell("vietnam-server", made)

    (told,) = notices_of(BrandId("vietnam-server"), ann.account.subject)
    assert (told.state, told.told_at) == ("refused", None)
    assert version_for(BrandId("vietnam-server"), ann.account.subject, clock.now()).version == 2


def test_who_is_written_to_later_reads_since_when_the_version_has_applied(mailer) -> None:
    Member("vpsfast", "ann")
    made = announce("vpsfast", shorter("vpsfast"))
    later = made.effective_at + 9 * DAY

    policy_change.on_telling_wanted(job("vpsfast", later), TellingWanted(made.handle))
    carry("vpsfast", later)

    text = mailer.read().get_body(("plain",)).get_content()
    assert "Version 2 has applied since" in text and "from now on" not in text


def test_at_vpn_the_days_are_counted_for_each_from_their_own_mail(mailer) -> None:
    ann, ben, cleo = Member("vpn", "ann"), Member("vpn", "ben"), Member("vpn", "cleo")
    made = announce("vpn", longer("vpn"))
    assert made.effective_at - made.announced_at == 14 * DAY
    by = {"ann@example.test": Taken("250 ok"), "ben@example.test": Later("451 busy"), "cleo@example.test": Bounced("550 no")}
    slow = mailer.hand_over

    def hand_over(letter):
        slow(letter)
        return by[letter.to]

    mailer.hand_over = hand_over
    start = clock.now()
    tell("vpn", made, start)
    by["ben@example.test"] = Taken("250 ok")
    carry("vpn", start + 3 * DAY)

    vpn = BrandId("vpn")
    on = {who.email: notices_of(vpn, who.account.subject)[0] for who in (ann, ben, cleo)}
    assert on["ann@example.test"].applies_at - start == 14 * DAY or on["ann@example.test"].applies_at == made.effective_at
    assert on["ben@example.test"].applies_at == start + 17 * DAY
    assert on["cleo@example.test"].applies_at is None

    day_15 = start + 15 * DAY
    assert [version_for(vpn, who.account.subject, day_15).version for who in (ann, ben, cleo)] == [2, 1, 1]
    assert queries.version_in_force(vpn, day_15).version == 2, "new customers come under the new rules"

    shown = policy_change.show_changes(replace(job("vpn", start + 20 * DAY), role="customer"), cleo.account)
    assert [row.version for row in shown] == [2]
    assert version_for(vpn, cleo.account.subject, start + 33 * DAY).version == 1
    assert version_for(vpn, cleo.account.subject, start + 34 * DAY).version == 2
    assert policy_change.show_changes(job("vpn", start + 21 * DAY), cleo.account) == (), "once is enough"


def test_until_everybody_has_a_notice_a_version_that_waits_applies_to_nobody() -> None:
    ann = Member("vpn")
    made = announce("vpn", longer("vpn"))
    assert version_for(BrandId("vpn"), ann.account.subject, made.effective_at + DAY).version == 1


def test_who_came_after_the_announcement_was_shown_it_at_sign_up(mailer) -> None:
    made = announce("vpn", longer("vpn"))
    tell("vpn", made)
    late = Member("vpn", "late")
    assert untold(BrandId("vpn"), late.account.subject, since=late.account.opened_at) == ()
    assert version_for(BrandId("vpn"), late.account.subject, made.effective_at).version == 2


def offers_by_phone(brand: str = "vpsfast") -> str:
    """vpsfast lets its staff use phone numbers for offers."""
    return changed(
        brand,
        ("purposes:\n", "purposes:\n  statistics: legitimate_interest\n"),
        ("- id: VF-4", "- id: VF-4"),
        (
            "  also:\n  - kind: use\n    allow:\n",
            "  also:\n  - kind: use\n    allow:\n    - {categories: [phone], purposes: [statistics], roles: [system]}\n",
        ),
    )


def reads_phone(who: Member, purpose: str = "statistics"):
    act = make_act("system", purpose, brand=who.brand, at=clock.now())
    return door.reveal(act, subject=who.account.subject, category=CategoryId("phone"))


def test_a_new_purpose_reaches_what_was_given_before_only_once_its_owner_was_told() -> None:
    early = Member("vpsfast", "early")
    announce("vpsfast", offers_by_phone())
    late = Member("vpsfast", "late")

    assert reads_phone(late).open() == "+31201234567"
    with pytest.raises(door.Refused) as no:
        reads_phone(early)
    assert (no.value.clause, no.value.facts["why"]) == ("VF-9", "not_told")
    assert reads_phone(early, "account") is not None, "what the number was given for goes on"

    policy_change.show_changes(job("vpsfast", clock.now()), early.account)
    assert reads_phone(early).open() == "+31201234567"


def test_a_value_corrected_under_the_new_rules_follows_them() -> None:
    early = Member("vpsfast", "early")
    announce("vpsfast", offers_by_phone())
    act = make_act("customer", "account", brand="vpsfast", at=clock.now(), own=early.account.subject)
    door.put(act, subject=early.account.subject, category=CategoryId("phone"), value="+31201230000")
    assert reads_phone(early).open() == "+31201230000"


def test_a_new_purpose_on_consent_waits_for_the_consent_itself() -> None:
    text = offers_by_phone().replace("statistics: legitimate_interest", "statistics: consent", 1)
    early = Member("vpsfast", "early")
    announce("vpsfast", text)
    policy_change.show_changes(job("vpsfast", clock.now()), early.account)
    with pytest.raises(door.Refused) as no:
        reads_phone(early)
    assert no.value.facts["why"] == "needs:consent"
    assert not consents.standing(
        brand=BrandId("vpsfast"), subject=early.account.subject, purpose=PurposeId("statistics"), at=clock.now()
    )


@pytest.fixture
def serving() -> Iterator[Callable[[Member], Room]]:
    """A room whose services belong to a customer, run by a driver that obeys."""
    before = list(drivers._make)
    drivers.carry_with({"fake": FakeProvisioner()}.get)
    yield lambda who: Room(
        {}, brand=who.brand, account=who.account.id, subject=who.account.subject,
        act=make_act(brand=who.brand, at=clock.now()),
    )  # fmt: skip
    drivers._make[:] = before


def told_and_no(mailer) -> tuple[Member, object]:
    """A customer of vpn who was told of a change, and their notice."""
    ann = Member("vpn")
    tell("vpn", announce("vpn", longer("vpn")))
    return ann, notices_of(BrandId("vpn"), ann.account.subject)[0]


def test_the_mail_at_vpn_carries_the_link_that_rejects(mailer) -> None:
    _, told = told_and_no(mailer)
    text = mailer.read().get_body(("plain",)).get_content()
    assert reject_path(str(told.id)) in text.replace("=\n", "")
    assert "14 days after this mail" in text


def test_opening_the_link_changes_nothing_and_confirming_keeps_the_old_terms(mailer, serving) -> None:
    ann, told = told_and_no(mailer)
    room = serving(ann)
    service = room.builds()
    path = reject_path(str(told.id))

    assert ann.get(path).status_code == 200
    assert rejected(BrandId("vpn"), ann.account.subject) is None

    assert ann.sends(ann.get(path), path).status_code == 302
    no = rejected(BrandId("vpn"), ann.account.subject)
    assert no is not None and no.ends_at == told.applies_at - DAY
    after = told.applies_at + 400 * DAY
    assert version_for(BrandId("vpn"), ann.account.subject, after).version == 1
    assert policy_for(BrandId("vpn"), ann.account.subject, after).digest == queries.versions_of(BrandId("vpn"))[1].digest

    policy_change.on_change_rejected(job("vpn", clock.now()), ChangeRejected(told.id))
    assert service_row(service).state == "active", "not before its day"
    policy_change.sweep_due(job("vpn", no.ends_at))
    room.act = make_act(brand="vpn", at=no.ends_at)
    room.works()
    assert service_row(service).state == "closed", "before the new version would apply"
    assert no.ends_at < told.applies_at


def test_who_said_no_orders_nothing_new_until_they_accept(mailer) -> None:
    ann, told = told_and_no(mailer)
    reject_change(job("vpn", clock.now()), notice=told.id)
    act = make_act("customer", "order", brand="vpn", at=clock.now(), own=ann.account.subject)
    with pytest.raises(RulesRejected) as no:
        place_order(
            act, cart=CartId(told.id), account=ann.account.id, expected=Money(100, EUR), once="x", answers={}
        )
    assert no.value.clause == "VPN-12"

    accept_changes(act, subject=ann.account.subject)
    assert rejected(BrandId("vpn"), ann.account.subject) is None
    with pytest.raises(CannotReject):
        reject_change(job("vpn", clock.now()), notice=told.id)


def test_after_its_day_a_change_cannot_be_rejected_any_more(mailer) -> None:
    _, told = told_and_no(mailer)
    with pytest.raises(CannotReject):
        reject_change(job("vpn", told.applies_at), notice=told.id)


def test_going_on_accepts_the_rules_once_and_a_login_does_not(mailer) -> None:
    ann, told = told_and_no(mailer)

    def accepted() -> list[tuple[str, int]]:
        return [(a.what, a.version) for a in acceptances_of(ann.account.subject) if a.what == "policy_by_use"]

    policy_change.note_use(job("vpn", told.applies_at - DAY), ann.account)
    ann.get("/account/")
    assert accepted() == [], "the old rules still apply, and a login is no use"
    for _ in range(2):
        policy_change.note_use(job("vpn", told.applies_at), ann.account)
    assert accepted() == [("policy_by_use", 2)]
    assert consents.consents_of(job("vpn", told.applies_at), subject=ann.account.subject) == ()


def test_where_use_accepts_nothing_nothing_is_noted() -> None:
    ann = Member("vps6")
    announce("vps6", shorter("vps6"))
    policy_change.note_use(job("vps6", clock.now()), ann.account)
    assert "policy_by_use" not in {a.what for a in acceptances_of(ann.account.subject)}


def test_who_was_told_of_a_version_that_never_comes_is_told_so(mailer) -> None:
    from hostkeep.brands.preparing import source_of

    Member("vps6")
    tell("vps6", announce("vps6", longer("vps6")))
    first = source_of(BrandId("vps6"), 1)

    tell("vps6", announce("vps6", first))

    assert len(mailer.letters) == 2
    text = mailer.read().get_body(("plain",)).get_content().replace("=\n", "")
    assert "Version 2, which was announced, will not come into force" in " ".join(text.split())
    assert "Nothing changes in the rules that were in force." in text
