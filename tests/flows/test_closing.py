"""An account is closed: its services end, and its data meets what each brand's policy says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest

from hostkeep.drivers.conformance.machines import FakeProvisioner
from hostkeep.faces.client.addresses import new_address_path
from hostkeep.faces.client.closed import closed_path
from hostkeep.flows import addressing, closing, policy_change
from hostkeep.flows.checkout import place_order
from hostkeep.flows.mailing import on_mail_queued
from hostkeep.kernel.ids import BrandId, CartId, CategoryId, MailId, PurposeId
from hostkeep.kernel.money import EUR, Money
from hostkeep.messaging import links
from hostkeep.messaging.actions.choosing import want_stream
from hostkeep.messaging.actions.queueing import queue_mail
from hostkeep.messaging.calls import handing
from hostkeep.messaging.events import MailQueued, MailSettled
from hostkeep.messaging.models import Mail
from hostkeep.people.actions.keys import make_key
from hostkeep.people.closings import closing_of, is_being_erased
from hostkeep.people.errors import AccountNotOpen, NoSuchAccount
from hostkeep.people.models import Acceptance, Account, LoginAddress, PassingAddress
from hostkeep.people.queries import account, key_of_text, login_of_address
from hostkeep.provisioning.queries import service as service_row
from hostkeep.provisioning.rules.lifecycle import State
from hostkeep.runtime import brand as running_brand
from hostkeep.runtime import clock
from hostkeep.vault import archive, consenting, consents, door, erasing
from hostkeep.vault.asking import Refused
from tests.conftest import make_act
from tests.flows.leaving import Leaver, carries, works
from tests.flows.test_mailing import FakeMailer
from tests.rooms.provisioning.conftest import Room, fake, room, set_up
from tests.told import told

__all__ = ["fake", "room", "set_up"]

pytestmark = pytest.mark.django_db

EMAIL = CategoryId("email")
CHOSEN = CategoryId("chosen_service")


@pytest.fixture(autouse=True)
def mailer(monkeypatch) -> Iterator[FakeMailer]:
    fake = FakeMailer()
    monkeypatch.setattr(handing, "_makers", [lambda _brand: fake])
    monkeypatch.setattr(
        links, "_makers", {"account/closed": closed_path, "account/new_address": new_address_path}
    )
    return fake


def signs_in_with(who: Leaver) -> bool:
    """Whether sign-in still knows the address."""
    with running_brand.during(BrandId(who.brand)):
        return login_of_address(who.email) == who.user


def reads(who: Leaver, role: str, purpose: str, category: CategoryId = EMAIL, **more) -> str:
    """A read, and what the door says: the value, or the clause that refuses it."""
    try:
        sealed = door.reveal(who.staff(role, purpose), subject=who.subject, category=category, **more)
    except Refused as no:
        return no.clause
    return "" if sealed is None else sealed.open()


def test_vps6_switches_an_account_off_and_keeps_it_for_law_and_disputes_alone(mailer) -> None:
    ann = Leaver("vps6")
    assert reads(ann, "support", "support") == ann.email

    done = ann.closes()

    assert (done.state, ann.state) == ("deactivated", "deactivated")
    assert ann.keys()["account"] == "deactivated"
    assert set(ann.keys().values()) <= {"deactivated", "destroyed"}, "visits end with the account"
    for role, purpose in (("support", "support"), ("system", "offers"), ("system", "account_messages")):
        assert reads(ann, role, purpose) == "V6-14", purpose
    assert reads(ann, "billing", "dispute", reason="invoice 7 is disputed") == ann.email
    assert ann.kept("email") == ann.email, "the owner's own rights stand"
    assert signs_in_with(ann), "to the page for closed accounts"


def test_vps6_closed_by_the_company_is_switched_off_all_the_same() -> None:
    ann = Leaver("vps6")
    staff = ann.staff("owner", "account")
    closing.close(staff, account=ann.account_id, by="staff", once="c", why="breach")
    assert ann.state == "deactivated"
    assert reads(ann, "support", "support") == "V6-14"
    row = closing_of(ann.account_id)
    assert row is not None and (row.by, row.why) == ("staff", "breach")


def test_vpsfast_keeps_an_account_for_thirty_days_and_then_its_login_goes_too() -> None:
    ann = Leaver("vpsfast")
    ann.closes()
    assert ann.state == "deactivated"
    assert signs_in_with(ann)
    ends = closing.preview(ann.act(), account=ann.account_id).ending.until
    assert timedelta(days=29) < ends - clock.now() < timedelta(days=31)

    erases(ann)

    assert ann.state == "closed"
    assert not signs_in_with(ann)


def test_photonvps_erases_at_once_and_sign_in_knows_nobody(mailer) -> None:
    ann = Leaver("photonvps")
    number = account(ann.account_id).number

    ann.closes()

    assert ann.state == "closed"
    assert not signs_in_with(ann)
    assert set(ann.keys().values()) <= {"erasing", "destroyed"}
    row = Account.objects.get(id=ann.account_id)
    assert row.number != number and row.number.startswith("x") and row.language == ""
    assert not Acceptance.objects.filter(subject=ann.subject).exists()
    carries("photonvps")
    assert mailer.read()["To"] == ann.email, "the mail that says so still finds its way"
    assert not PassingAddress.objects.exists(), "and then the address is gone"


def test_vpn_archives_the_two_originals_it_names_and_erases_the_rest(mailer, room: Room) -> None:
    ann = Leaver("vpn", room=room)
    service = room.orders()
    title = told(service_row(service)).title

    ann.closes()
    works("vpn")

    assert ann.state == "closed"
    assert not signs_in_with(ann)
    assert ann.keys()["account"] in {"erasing", "destroyed"}
    assert {row for row in ann.values() if row[1] != "archive"} <= {("invoice_party", "fiscal")}
    disputes = ann.staff("billing", "dispute")
    for category, value in ((EMAIL, ann.email), (CHOSEN, title)):
        (kept,) = archive.archived(disputes, subject=ann.subject, category=category, reason="a dispute")
        assert (kept.value.open(), kept.why) == (value, "closed")
    for role, purpose in (("support", "support"), ("system", "service"), ("system", "account_messages")):
        with pytest.raises(Refused):
            door.reveal(ann.staff(role, purpose), subject=ann.subject, category=EMAIL)


def test_vietnam_server_erases_when_the_last_service_has_ended(room: Room) -> None:
    ann = Leaver("vietnam-server", room=room)
    service = room.builds()

    done = ann.closes()

    assert (done.state, done.waits, ann.state) == ("closing", 1, "closing")
    assert ann.keys()["account"] == "live", "as long as a service is being ended"
    room.works()
    works("vietnam-server")
    assert service_row(service).state is State.CLOSED
    assert ann.state == "closed"
    assert not signs_in_with(ann)


@pytest.mark.parametrize("brand", ["vpsfast", "vps6", "photonvps", "vpn", "vietnam-server"])
def test_every_service_ends_with_its_account(brand, room: Room) -> None:
    ann = Leaver(brand, room=room)
    running, ordered = room.builds(), room.orders()

    waits = ann.closes()

    assert waits.waits == 1, "the unpaid one ends at once, the other when its driver has wiped it"
    assert service_row(ordered).state is State.CLOSED
    room.works()
    works(brand)
    assert Account.objects.get(id=ann.account_id).state in {"deactivated", "closed"}
    assert closing_of(ann.account_id).finished_at is not None
    assert service_row(running).state is State.CLOSED


def test_a_driver_at_work_is_waited_for(room: Room, fake: FakeProvisioner) -> None:
    ann = Leaver("vps6", room=room)
    service = room.orders()
    room.pays(service)

    first = ann.closes()
    assert first.state == "closing"
    room.works()
    closing.sweep_due(make_act(at=clock.now()))
    room.works()
    works("vps6")
    assert ann.state == "deactivated"
    assert service_row(service).state is State.CLOSED


def test_nothing_signs_in_while_services_are_being_ended(room: Room) -> None:
    ann = Leaver("vps6", room=room)
    key = make_key(ann.act("authentication"), user=ann.user, account=ann.account_id, scopes=["account:read"])
    room.builds()
    ann.closes()
    assert ann.state == "closing"
    assert key_of_text(BrandId("vps6"), key.key, clock.now()) is None
    assert ann.get("/account/").status_code == 302


def test_what_was_agreed_to_ends_with_the_account() -> None:
    ann = Leaver("vietnam-server")
    want_stream(ann.act(), subject=ann.subject, stream="offers", how="client_area", language="en")
    rights = ann.act("rights")
    assert [row.state for row in consents.consents_of(rights, subject=ann.subject)] == ["given"]
    before = consents.standing(brand=BrandId(ann.brand), subject=ann.subject, purpose=PurposeId("offers"), at=clock.now())

    ann.closes()

    after = consents.standing(brand=BrandId(ann.brand), subject=ann.subject, purpose=PurposeId("offers"), at=clock.now())
    assert (before, after) == (True, False)


def test_a_recipients_consent_ends_too() -> None:
    ann = Leaver("vpsfast")
    policy_recipients = [
        (row.purpose, row.recipient)
        for row in consents.consents_of(ann.act("rights"), subject=ann.subject)
    ]
    assert policy_recipients == []
    from hostkeep.brands.queries import policy_in_force
    from hostkeep.policy.consent import matters_of

    asked = [m for m in matters_of(policy_in_force(BrandId("vpsfast"), clock.now())) if m.recipient]
    for matter in asked:
        consenting.give(
            ann.act("rights"), subject=ann.subject, purpose=matter.purpose, recipient=matter.recipient,
            how="client_area",
        )
    assert asked, "vpsfast gives to others on express permission"
    ann.closes()
    states = {row.state for row in consents.consents_of(ann.act("rights"), subject=ann.subject)}
    assert states == {"expired"}


def test_marketing_that_waits_is_stopped_and_what_must_be_said_is_not(mailer) -> None:
    ann = Leaver("vps6")
    act = make_act("system", "offers", brand="vps6", at=clock.now())
    for stream, once in (("offers", "o"), ("account", "a")):
        queue_mail(
            act, stream=stream, template="account/reset", subject=ann.user, address="login", facts={}, once=once
        )
    ann.closes()
    states = dict(Mail.objects.values_list("once", "state"))
    assert (states["o"], states["a"]) == ("refused", "queued")


def test_marketing_queued_after_closing_never_leaves(mailer) -> None:
    ann = Leaver("vps6")
    ann.closes()
    carries("vps6")
    sent = len(mailer.letters)
    act = make_act("system", "offers", brand="vps6", at=clock.now())
    queue_mail(
        act, stream="offers", template="account/reset", subject=ann.user, address="login", facts={}, once="late"
    )
    carries("vps6")
    row = Mail.objects.get(once="late")
    assert (row.state, row.last_code) == ("refused", "V6-14")
    assert len(mailer.letters) == sent


def test_closing_twice_is_one_closing_and_one_mail(mailer) -> None:
    ann = Leaver("vps6")
    first, second = ann.closes(), ann.closes()
    assert first == second
    carries("vps6")
    assert len(mailer.letters) == 1


def test_nobody_closes_or_previews_anothers_account() -> None:
    ann, ben = Leaver("vps6", "ann"), Leaver("vps6", "ben")
    with pytest.raises(NoSuchAccount):
        closing.close(ann.act(), account=ben.account_id, by="customer", once="x")
    with pytest.raises(Refused):
        closing.preview(ann.act(), account=ben.account_id)
    elsewhere = make_act("customer", "account", brand="vpn", at=clock.now(), own=ann.subject)
    with pytest.raises(NoSuchAccount):
        closing.close(elsewhere, account=ann.account_id, by="customer", once="x")
    with pytest.raises(NoSuchAccount):
        closing.preview(elsewhere, account=ann.account_id)
    assert ben.state == "open"


def test_a_preview_says_what_happens_and_does_nothing(room: Room) -> None:
    ann = Leaver("vps6", room=room)
    room.orders()
    seen = closing.preview(ann.act(), account=ann.account_id)
    assert [told(row).title for row in seen.services] == ["Solo"]
    assert (seen.ending.login, seen.ending.clause) == ("limited", "V6-14")
    assert {fate.what for fate in seen.fates if fate.keep_class == "account"} == {"deactivate"}
    assert ann.state == "open"
    assert ann.keys()["account"] == "live"


@pytest.mark.parametrize(
    ("brand", "login"),
    [("vpsfast", "limited"), ("vps6", "limited"), ("photonvps", "none"), ("vpn", "link"), ("vietnam-server", "none")],
)
def test_what_is_left_to_the_owner_is_what_the_policy_makes_of_it(brand, login) -> None:
    assert closing.preview((ann := Leaver(brand)).act(), account=ann.account_id).ending.login == login


def test_the_mail_says_what_is_left_in_the_owners_language(mailer) -> None:
    ann = Leaver("vps6")
    Account.objects.filter(id=ann.account_id).update(language="vi")
    ann.closes()
    carries("vps6")
    text = mailer.read().get_body(("plain",)).get_content()
    assert "V6-14" in text and "/auth/login/" in text
    assert "vô hiệu hóa" in text, "the clause in their language"


def test_the_mail_names_no_other_thing_than_stays(mailer) -> None:
    ann = Leaver("vietnam-server")
    kept = {fate.category for fate in closing.preview(ann.act(), account=ann.account_id).fates if fate.what == "keep"}
    door.put(make_act(brand="vietnam-server"), subject=ann.subject, category=CategoryId("registrant"), value="Ann, Hà Nội")
    seen = closing.preview(ann.act(), account=ann.account_id)
    assert {fate.category for fate in seen.fates if fate.what == "keep"} - kept == {"registrant"}
    ann.closes()
    carries("vietnam-server")
    mail = mailer.read()
    for sort in ("plain", "html"):
        text = " ".join(mail.get_body((sort,)).get_content().split())
        assert "Your login is erased with the rest; only what the law makes us keep stays." in text


def test_a_closing_that_was_cut_off_is_finished_by_the_sweep() -> None:
    from hostkeep.people.actions.closing import begin_closing

    ann = Leaver("photonvps")
    begin_closing(ann.act(), account=ann.account_id, by="customer", once="cut")
    assert ann.state == "closing"
    assert closing.sweep_due(make_act(brand="", at=clock.now())) == 1
    assert ann.state == "closed"
    assert closing.sweep_due(make_act(brand="", at=clock.now())) == 0


def test_one_closing_that_goes_wrong_does_not_stop_the_next(monkeypatch) -> None:
    from hostkeep.people.actions.closing import begin_closing

    ann, ben = Leaver("vps6", "ann"), Leaver("vps6", "ben")
    for who in (ann, ben):
        begin_closing(who.act(), account=who.account_id, by="customer", once=f"cut:{who.account_id}")
    whole = closing.retention.fire

    def fire(act, *, subject, event):
        if subject == ann.subject:
            raise RuntimeError("the disk is full")
        return whole(act, subject=subject, event=event)

    monkeypatch.setattr(closing.retention, "fire", fire)
    closing.sweep_due(make_act(brand="", at=clock.now()))
    assert (ann.state, ben.state) == ("closing", "deactivated")


def test_a_closed_account_orders_nothing(room: Room) -> None:
    ann = Leaver("vps6", room=room)
    ann.closes()
    with pytest.raises(AccountNotOpen):
        place_order(
            ann.act("order"), cart=CartId(uuid4()), account=ann.account_id, expected=Money(1, EUR), once="o",
            answers={},
        )


def test_money_that_comes_while_an_account_is_closed_starts_nothing(room: Room) -> None:
    ann = Leaver("vps6", room=room)
    service = room.orders()
    ann.closes()
    room.pays(service)
    room.works()
    assert service_row(service).state is State.CLOSED
    assert ann.state == "deactivated"


def erases(who: Leaver) -> None:
    """The account's term is over and the sweeper comes by."""
    from hostkeep.vault import due

    at = clock.now() + timedelta(days=800)
    for whose in due.people_due(at, most=10):
        due.end(make_act(brand=who.brand, at=at), whose=whose)
    works(who.brand, at)
    assert is_being_erased(who.subject)


def test_vps6_erases_what_it_switched_off_when_the_two_years_are_over() -> None:
    ann = Leaver("vps6")
    ann.closes()
    erases(ann)
    assert ann.state == "closed"
    assert not LoginAddress.objects.filter(user_id=ann.user).exists()
    erasing.finish(make_act(at=clock.now() + timedelta(days=800)))
    assert not [row for row in ann.values() if row[1] == "account"]


def test_a_closing_that_waits_for_services_says_farewell_once(mailer, room: Room) -> None:
    ann = Leaver("vps6", room=room)
    room.builds()
    ann.closes()
    carries("vps6")
    assert ann.state == "closing" and len(mailer.letters) == 1
    assert not PassingAddress.objects.exists()
    room.works()
    works("vps6")
    assert ann.state == "deactivated"
    assert len(mailer.letters) == 1
    assert not PassingAddress.objects.exists()


def test_the_address_goes_with_its_mail_even_where_the_mail_is_deleted_first(mailer) -> None:
    ann = Leaver("photonvps")
    ann.closes()
    mail = MailId(Mail.objects.get(template="account/closed").id)
    worker = make_act("system", brand="photonvps", at=clock.now())
    on_mail_queued(worker, MailQueued(mail))
    Mail.objects.all().delete()
    for told in (addressing.on_mail_settled, policy_change.on_mail_settled):
        told(worker, MailSettled(mail))
    assert len(mailer.letters) == 1
    assert not PassingAddress.objects.exists()
