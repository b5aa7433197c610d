"""The gate: each ground works and is registered, everything else is refused by its clause and registered too."""

from __future__ import annotations

import json
import os
import pickle
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, connections, transaction

from hostkeep.audit.models import Entry
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, CategoryId, PurposeId, SubjectId
from hostkeep.runtime import clock
from hostkeep.vault import consenting, disclosing, door, grounds, retention
from hostkeep.vault.disclosing import Approval, NotDisclosed, OnceTaken, disclose
from hostkeep.vault.models import Disclosure
from hostkeep.vault.wall import opened
from tests.conftest import NOON, make_act
from tests.rooms.brands.announcements import announce, changed

NAME, EMAIL, PHONE = CategoryId("name"), CategoryId("email"), CategoryId("phone")
SERVICE, LAW, RIGHTS = PurposeId("service"), PurposeId("legal_obligation"), PurposeId("rights")
PARTNER = {"recipient": "moving_partner", "categories": [NAME, EMAIL], "purpose": SERVICE}
TOLD = {NAME: "Ann Canary", EMAIL: "ann.canary@example.test", PHONE: "+12025550143"}


@pytest.fixture(autouse=True)
def no_rooms_above(monkeypatch) -> None:
    """What other rooms know of cases and services is said by each test."""
    monkeypatch.setattr(grounds, "_checkers", {})


def joins(brand: str, at: datetime = NOON) -> SubjectId:
    subject = SubjectId(uuid4())
    for category, value in TOLD.items():
        if brand in {"vpsfast", "vps6", "vietnam-server"} or category == EMAIL:
            door.put(
                make_act("visitor", "account", brand=brand, at=at), subject=subject, category=category, value=value
            )
    return subject


@pytest.fixture
def ann(db) -> SubjectId:
    return joins("vpsfast")


def as_owner(subject: SubjectId, brand: str = "vpsfast", at: datetime = NOON) -> Act:
    return make_act("customer", "rights", own=subject, brand=brand, at=at)


def as_job(brand: str = "vpsfast", at: datetime = NOON) -> Act:
    return make_act("system", "service", brand=brand, at=at)


def permits(subject: SubjectId, brand: str = "vpsfast", at: datetime = NOON) -> str:
    said = consenting.give(
        as_owner(subject, brand, at), subject=subject, purpose=SERVICE, recipient="moving_partner", how="client_area"
    )
    return str(said.record)


def hands(act: Act, subject: SubjectId, **more) -> disclosing.Package:
    return disclose(act, subject=subject, **{**PARTNER, "ticket": "", "once": f"o-{uuid4().hex}", **more})


def refused(act: Act, subject: SubjectId, **more) -> tuple[str, str]:
    with pytest.raises(NotDisclosed) as no:
        hands(act, subject, **more)
    return no.value.clause, str(no.value.facts["why"])


def rows(subject: SubjectId) -> list[tuple[str, str]]:
    with opened("audit"):
        found = Disclosure.objects.using("audit").filter(subject=subject).order_by("at")
        return list(found.values_list("state", "recipient"))


def names_of(subject: SubjectId) -> set:
    """The names under which the book may know a person."""
    try:
        from hostkeep.vault import nyms
    except ImportError:
        return {subject}
    return {subject, nyms.known(subject)} - {None}


def entries(verb: str, subject: SubjectId) -> list[tuple[str, str]]:
    found = Entry.objects.using("audit").filter(verb=verb, thing__in=names_of(subject))
    return sorted(found.values_list("category", "clause"))


def test_a_permission_lets_the_permitted_fields_go_to_that_one_recipient(ann: SubjectId) -> None:
    record = permits(ann)

    package = hands(as_job(), ann)

    assert dict(package.fields) == {"name": "Ann Canary", "email": "ann.canary@example.test"}
    assert package.recipient == "moving_partner"
    (row,) = disclosing.disclosures_of(as_owner(ann), subject=ann)
    assert (row.state, row.basis, row.clause, row.ticket) == ("handed", "consent", "VF-8", record)
    assert (row.categories, row.package) == (("email", "name"), package.digest)
    assert entries("vault.disclosure.made", ann) == [("email", "VF-8"), ("name", "VF-8")]


def test_without_a_permission_nothing_goes_and_the_refusal_is_entered(ann: SubjectId) -> None:
    assert refused(as_job(), ann) == ("VF-8", "no_consent")

    assert rows(ann) == [("refused", "moving_partner")]
    assert entries("vault.disclosure.refused", ann) == [("email", "VF-8"), ("name", "VF-8")]
    assert entries("vault.disclosure.made", ann) == []


def test_accepting_the_policy_permits_nobody(ann: SubjectId) -> None:
    from hostkeep.people.actions.joining import accept_statements

    accept_statements(
        make_act("visitor", "account", brand="vpsfast"), subject=ann, statements=["accept_policy"], version=1,
        digest="0" * 64, form="signup",
    )  # fmt: skip

    assert refused(as_job(), ann) == ("VF-8", "no_consent")


def test_a_permission_that_was_taken_back_lets_nothing_go(ann: SubjectId) -> None:
    permits(ann)
    hands(as_job(), ann, once="first")
    consenting.withdraw(as_owner(ann), subject=ann, purpose=SERVICE, recipient="moving_partner", how="client_area")

    assert refused(as_job(), ann) == ("VF-8", "no_consent")
    assert refused(as_job(), ann, once="first") == ("VF-8", "no_consent")


def test_a_permission_for_a_use_of_our_own_is_none_for_a_recipient(ann: SubjectId) -> None:
    consenting.give(as_owner(ann), subject=ann, purpose=PurposeId("newsletter"), how="client_area")

    assert refused(as_job(), ann, purpose=PurposeId("newsletter")) == ("VF-8", "other_purpose")


def test_another_consents_number_is_no_ticket(ann: SubjectId) -> None:
    permits(ann)
    assert refused(as_job(), ann, ticket=str(uuid4()))[1] == "wrong_ticket"


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"recipient": "somebody"}, "no_recipient"),
        ({"categories": [NAME, CategoryId("ticket")]}, "beyond_recipient"),
        ({"categories": [CategoryId("password")]}, "beyond_recipient"),
        ({"categories": []}, "beyond_recipient"),
        ({"purpose": LAW}, "other_purpose"),
    ],
    ids=["nobody", "another_field", "a_password", "nothing", "another_purpose"],
)
def test_what_the_policy_does_not_name_stays_here_even_with_a_permission(ann: SubjectId, more: dict, why: str) -> None:
    permits(ann)
    assert refused(as_job(), ann, **more) == ("VF-8", why)


def test_a_cookie_is_given_to_nobody_not_even_by_permission(ann: SubjectId) -> None:
    permits(ann)
    assert refused(as_job(), ann, categories=[CategoryId("cookies")]) == ("VF-7", "cookies_never")


def test_only_the_persons_own_can_be_asked_by_a_customer(ann: SubjectId) -> None:
    permits(ann)
    assert refused(as_owner(joins("vpsfast")), ann) == ("VF-8", "not_own")
    assert refused(make_act("visitor", "service", brand="vpsfast"), ann) == ("VF-8", "not_own")


def test_a_person_of_another_brand_is_not_there(ann: SubjectId) -> None:
    permits(ann)
    assert refused(as_job("vps6"), ann) == ("V6-1", "no_consent")
    (row,) = disclosing.disclosures_of(make_act("privacy", "rights", brand="vps6"), subject=ann)
    assert row.state == "refused"
    assert disclosing.disclosures_of(as_owner(ann), subject=ann) == ()


def test_photonvps_gives_to_nobody(db) -> None:
    ann = joins("photonvps")
    act = as_job("photonvps")
    assert refused(act, ann, categories=[EMAIL]) == ("PH-5", "no_recipient")
    assert refused(act, ann, recipient="authority", categories=[EMAIL], purpose=LAW, ticket="case") == (
        "PH-5", "not_approved",
    )  # fmt: skip


def test_a_wish_signed_by_the_customer_is_carried_out_once(db) -> None:
    ann = joins("vpn")
    wish = {"recipient": "owner_named", "categories": [EMAIL], "purpose": RIGHTS}
    ticket = disclosing.sign_wish(as_owner(ann, "vpn"), subject=ann, **wish)

    package = hands(as_job("vpn"), ann, **wish, ticket=ticket, once="wish-1")

    assert dict(package.fields) == {"email": "ann.canary@example.test"}
    assert refused(as_job("vpn"), ann, **wish, ticket=ticket, once="wish-2") == ("VPN-2", "wish_used")
    assert hands(as_job("vpn"), ann, **wish, ticket=ticket, once="wish-1").digest == package.digest


def test_a_wish_is_good_for_what_it_says_and_for_a_day(db) -> None:
    ann, binh = joins("vpn"), joins("vpn")
    wish = {"recipient": "owner_named", "categories": [EMAIL], "purpose": RIGHTS}
    ticket = disclosing.sign_wish(as_owner(ann, "vpn"), subject=ann, **wish)
    more = {**wish, "categories": [EMAIL, CategoryId("customer_number")]}

    assert refused(as_job("vpn"), binh, **wish, ticket=ticket)[1] == "no_wish"
    assert refused(as_job("vpn"), ann, **more, ticket=ticket)[1] == "no_wish"
    assert refused(as_job("vpn"), ann, **wish, ticket=ticket[:-1] + "x")[1] == "no_wish"
    assert refused(as_job("vpn"), ann, **wish, ticket="")[1] == "no_wish"
    assert refused(as_job("vpn", NOON + timedelta(days=2)), ann, **wish, ticket=ticket)[1] == "old_wish"
    assert refused(as_job("vpn", NOON - timedelta(minutes=5)), ann, **wish, ticket=ticket)[1] == "old_wish"


@pytest.mark.parametrize("role", ["system", "support", "privacy", "owner"])
def test_nobody_signs_a_wish_for_another(db, role: str) -> None:
    ann = joins("vpn")
    for act in (make_act(role, "rights", brand="vpn"), as_owner(joins("vpn"), "vpn")):
        with pytest.raises(grounds.NotYourWish):
            disclosing.sign_wish(act, subject=ann, recipient="owner_named", categories=[EMAIL], purpose=RIGHTS)


def two_people(**more) -> Approval:
    said = {
        "categories": frozenset({EMAIL}), "opened_by": "privacy:a", "approved_by": "owner:b", "country": "EE",
        **more,
    }  # fmt: skip
    return Approval(**said)


LEGAL = {"recipient": "law_enforcement", "categories": [EMAIL], "purpose": LAW, "ticket": "case-7"}


def test_an_approved_legal_request_passes_and_is_registered(db) -> None:
    ann = joins("vpn")
    disclosing.approved_by("legal_request", lambda _act, asked: two_people() if asked.ticket == "case-7" else None)

    package = hands(make_act("privacy", "rights", brand="vpn"), ann, **LEGAL, reason="court order")

    assert set(package.fields) == {"email"}
    (row,) = disclosing.disclosures_of(as_owner(ann, "vpn"), subject=ann)
    assert (row.basis, row.ticket, row.clause) == ("legal_request", "case-7", "VPN-2")
    assert refused(as_job("vpn"), ann, **{**LEGAL, "ticket": "case-8"}, reason="x") == ("VPN-2", "not_approved")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"approved_by": "privacy:a"}, "one_person"),
        ({"approved_by": ""}, "one_person"),
        ({"country": "DE"}, "foreign_authority"),
        ({"country": ""}, "foreign_authority"),
        ({"categories": frozenset()}, "beyond_approval"),
    ],
    ids=["alone", "unapproved", "foreign", "unknown_country", "another_field"],
)
def test_a_request_that_is_not_in_due_form_gets_nothing(db, said: dict, why: str) -> None:
    ann = joins("vpn")
    disclosing.approved_by("legal_request", lambda *_: two_people(**said))
    assert refused(as_job("vpn"), ann, **LEGAL, reason="court order") == ("VPN-2", why)


def test_a_request_without_a_reason_gets_nothing(db) -> None:
    disclosing.approved_by("legal_request", lambda *_: two_people())
    assert refused(as_job("vpn"), joins("vpn"), **LEGAL)[1] == "no_reason"


def test_a_breach_of_the_terms_needs_its_case(db) -> None:
    ann = joins("vpn")
    case = {"recipient": "breach_party", "categories": [EMAIL], "purpose": PurposeId("terms_breach"), "ticket": "c"}
    assert refused(as_job("vpn"), ann, **case, reason="spam") == ("VPN-2", "not_approved")
    disclosing.approved_by("breach_case", lambda *_: two_people(country=""))
    assert set(hands(as_job("vpn"), ann, **case, reason="spam").fields) == {"email"}


def test_a_ground_nobody_answers_for_cannot_be_made_up() -> None:
    for basis in ("consent", "wish", "anything"):
        with pytest.raises(ValueError, match="not approved by anybody"):
            disclosing.approved_by(basis, lambda *_: two_people())


def test_a_secrecy_order_delays_the_customers_list_and_the_public_count(db) -> None:
    ann, until = joins("vpn"), NOON + timedelta(days=30)
    disclosing.approved_by("legal_request", lambda *_: two_people(told_from=until))
    hands(as_job("vpn"), ann, **LEGAL, reason="court order")

    def seen(at: datetime) -> tuple[int, int]:
        own = disclosing.disclosures_of(as_owner(ann, "vpn", at), subject=ann)
        counted = disclosing.counts(BrandId("vpn"), NOON, told_by=at)
        return len(own), sum(row.handed for row in counted if row.recipient == "law_enforcement")

    assert seen(until - timedelta(seconds=1)) == (0, 0)
    assert seen(until) == (1, 1)
    assert len(disclosing.disclosures_of(make_act("privacy", "rights", brand="vpn"), subject=ann)) == 1


def test_a_registry_gets_the_owners_fields_of_that_name_alone(db) -> None:
    ann = joins("vietnam-server")
    registrant = CategoryId("registrant")
    for slot, value in (("", "Ann, general"), ("order-1", "Ann, for vi-du.vn")):
        act = make_act("visitor", "order", brand="vietnam-server")
        door.put(act, subject=ann, category=registrant, value=value, slot=slot)
    wanted = {"recipient": "vnnic", "categories": [registrant], "purpose": PurposeId("domain_registration")}
    act = as_job("vietnam-server")
    assert refused(act, ann, **wanted, ticket="order-1") == ("VS-12", "not_approved")

    disclosing.approved_by("service", lambda _act, asked: Approval(asked.categories))

    assert dict(hands(act, ann, **wanted, ticket="order-1").fields) == {"registrant": "Ann, for vi-du.vn"}
    assert refused(act, ann, **{**wanted, "categories": [registrant, EMAIL]}, ticket="order-1")[1] == "beyond_recipient"


def test_content_is_nothing_that_any_recipient_may_have(db) -> None:
    ann = joins("vietnam-server")
    disclosing.approved_by("service", lambda _act, asked: Approval(asked.categories))
    for recipient in ("vnnic", "gtld_registry", "executive_authority", "plug_in"):
        for purpose in (LAW, PurposeId("domain_registration"), SERVICE):
            asked = {"recipient": recipient, "categories": [CategoryId("content")], "purpose": purpose}
            assert refused(as_job("vietnam-server"), ann, **asked, ticket="t")[1] in {"beyond_recipient", "no_recipient"}


def test_nothing_held_is_nothing_given(db) -> None:
    ann = SubjectId(uuid4())
    permits(ann)
    assert refused(as_job(), ann)[1] == "nothing_held"


def test_a_new_recipient_gets_old_values_only_once_their_owner_was_told(db) -> None:
    ann = joins("vpsfast", clock.now())
    announce("vpsfast", changed("vpsfast", (
        "    authority:\n",
        "    registry:\n"
        "      label: {en: \"A registry\", vi: \"Nơi quản lý\"}\n"
        "      basis: service\n      categories: [name, email]\n      purposes: [service]\n"
        "    authority:\n",
    )))  # fmt: skip
    disclosing.approved_by("service", lambda _act, asked: Approval(asked.categories))
    at = clock.now() + timedelta(minutes=1)
    act = as_job(at=at)

    assert refused(act, ann, recipient="registry", ticket="t") == ("VF-9", "not_told")
    later = joins("vpsfast", at)
    assert set(hands(act, later, recipient="registry", ticket="t").fields) == {"name", "email"}


def test_what_is_switched_off_goes_where_the_law_says_and_nowhere_else(db) -> None:
    ann = joins("vps6")
    permits(ann, "vps6")
    retention.fire(as_job("vps6"), subject=ann, event="account.closed")
    disclosing.approved_by("legal_request", lambda *_: two_people(country="NL"))

    assert refused(as_job("vps6"), ann)[1] == "deactivated"
    case = {"recipient": "authority", "categories": [EMAIL], "purpose": LAW, "ticket": "case-1"}
    assert set(hands(as_job("vps6"), ann, **case, reason="court order").fields) == {"email"}


def test_of_who_was_erased_nothing_is_left_to_give(committed: str) -> None:
    from hostkeep.vault import erasing

    ann = joins("vpn")
    erasing.erase(as_job("vpn"), subject=ann, classes=frozenset({"account"}), why="asked")
    disclosing.approved_by("legal_request", lambda *_: two_people())
    assert refused(as_job("vpn"), ann, **LEGAL, reason="court order")[1] in {"nothing_held", "archived"}


def test_one_key_hands_over_one_thing_once(ann: SubjectId) -> None:
    permits(ann)
    first = hands(as_job(), ann, once="one")
    second = hands(as_job(), ann, once="one")
    assert (dict(first.fields), first.digest) == (dict(second.fields), second.digest)
    assert rows(ann) == [("handed", "moving_partner")]

    with pytest.raises(OnceTaken):
        hands(as_job(), ann, once="one", categories=[NAME])
    door.put(make_act("visitor", "account", brand="vpsfast"), subject=ann, category=NAME, value="Ann Otherwise")
    with pytest.raises(OnceTaken):
        hands(as_job(), ann, once="one")
    assert rows(ann) == [("handed", "moving_partner")]


def test_the_key_of_somebody_elses_hand_over_opens_nothing(ann: SubjectId) -> None:
    binh = joins("vpsfast")
    permits(ann)
    permits(binh)
    hands(as_job(), ann, once="one")
    with pytest.raises(OnceTaken):
        hands(as_job(), binh, once="one")
    assert (rows(ann), rows(binh)) == ([("handed", "moving_partner")], [])


def test_the_applications_own_role_reads_and_writes_no_register(ann: SubjectId) -> None:
    permits(ann)
    hands(as_job(), ann)
    for deed in ("SELECT 1 FROM vault.vault_disclosure", "INSERT INTO vault.vault_disclosure (id) VALUES (gen_random_uuid())",
                 "UPDATE vault.vault_disclosure SET state = 'refused'", "TRUNCATE vault.vault_disclosure"):
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connections["default"].cursor() as cursor:
            cursor.execute(deed)


def test_a_key_that_is_too_long_is_still_one_key(ann: SubjectId) -> None:
    permits(ann)
    hands(as_job(), ann, once="x" * 300)
    hands(as_job(), ann, once="x" * 300)
    hands(as_job(), ann, once="x" * 299 + "y", categories=[NAME])
    refused(as_job(), ann, once="x" * 300, recipient="r" * 300, ticket="t" * 300)
    assert sorted(state for state, _ in rows(ann)) == ["handed", "handed", "refused"]


def test_a_package_shows_no_value_and_goes_into_no_job(ann: SubjectId) -> None:
    permits(ann)
    package = hands(as_job(), ann)
    assert "Canary" not in repr(package) + str(package) + f"{package}"
    for leak in (pickle.dumps, json.dumps):
        with pytest.raises(TypeError):
            leak(package)
    with pytest.raises(TypeError):
        package.fields["phone"] = "+1"  # type: ignore[index]
    with pytest.raises(AttributeError):
        package.recipient = "another"  # type: ignore[misc]


def test_the_register_is_written_once(ann: SubjectId) -> None:
    permits(ann)
    hands(as_job(), ann)
    for deed in ("UPDATE vault.vault_disclosure SET state = 'refused'", "DELETE FROM vault.vault_disclosure"):
        with pytest.raises(DatabaseError), opened("audit"), connections["audit"].cursor() as cursor:
            cursor.execute(f"{deed} WHERE subject = %s", [ann])
    assert rows(ann) == [("handed", "moving_partner")]


def test_another_customers_list_is_empty(ann: SubjectId) -> None:
    permits(ann)
    hands(as_job(), ann)
    assert disclosing.disclosures_of(as_owner(joins("vpsfast")), subject=ann) == ()


def test_counts_name_recipients_and_years_and_leave_out_whom_they_are_told(ann: SubjectId) -> None:
    binh = joins("vpsfast")
    permits(ann)
    permits(binh)
    since = datetime(2026, 1, 1, tzinfo=UTC)
    before = {row.recipient: row for row in disclosing.counts(BrandId("vpsfast"), since)}.get("moving_partner")
    hands(as_job(), ann)
    hands(as_job(), binh)
    refused(as_job(), binh, categories=[PHONE], purpose=LAW)

    def row(**more) -> disclosing.CountRow:
        found = disclosing.counts(BrandId("vpsfast"), since, **more)
        return next(each for each in found if each.recipient == "moving_partner")

    old = before or disclosing.CountRow(2026, "moving_partner", "consent", 0, 0, 0)
    assert (row().year, row().basis) == (2026, "consent")
    assert (row().handed - old.handed, row().refused - old.refused, row().people - old.people) == (2, 1, 2)
    assert row(without={binh}).handed - old.handed == 1
    assert not disclosing.counts(BrandId("vpsfast"), NOON + timedelta(days=9000))


def test_a_permission_that_may_be_rolled_back_lets_nothing_go(committed: str) -> None:
    ann = joins("vpsfast")
    with pytest.raises(RuntimeError, match="inside a transaction"), transaction.atomic():
        permits(ann)
        hands(as_job(), ann)
    assert rows(ann) == []


def test_two_at_once_with_one_key_are_one_hand_over(committed: str) -> None:
    ann = joins("vpsfast")
    permits(ann)

    def hand() -> str:
        try:
            return hands(as_job(), ann, once="one").digest
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        digests = {done.result() for done in [pool.submit(hand) for _ in range(4)]}
    assert len(digests) == 1
    assert rows(ann) == [("handed", "moving_partner")]


def dies_in(deed) -> None:
    """Run a deed in a process of its own that must die by SIGKILL."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            deed()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), status
    assert os.WTERMSIG(status) == signal.SIGKILL


def test_killed_before_the_recipient_has_it_the_register_says_what_was_let_out(committed: str) -> None:
    ann = joins("vpsfast")
    permits(ann)

    def deed() -> None:
        hands(as_job(), ann, once="one")
        os.kill(os.getpid(), signal.SIGKILL)

    dies_in(deed)
    assert rows(ann) == [("handed", "moving_partner")]


def test_a_gate_that_asks_for_no_permission_would_be_noticed(ann: SubjectId, monkeypatch) -> None:
    monkeypatch.setattr(disclosing, "ground_of", lambda _act, asked: disclosing.Ground(ticket=asked.ticket))
    assert set(hands(as_job(), ann).fields) == {"name", "email"}
