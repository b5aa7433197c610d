"""Consent is asked apart, stands under the version that was shown, and ends when its owner says so."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, connections, transaction

from hostkeep.audit.models import Entry
from hostkeep.brands import queries
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, CategoryId, PurposeId, SubjectId
from hostkeep.runtime import clock
from hostkeep.vault import consenting, consents
from hostkeep.vault.models import Consent
from hostkeep.vault.wall import opened
from tests.conftest import NOON, make_act
from tests.rooms.brands.announcements import announce, changed

OFFERS, SERVICE, REMEMBER = PurposeId("offers"), PurposeId("service"), PurposeId("remember")
BRAND = "vietnam-server"


@pytest.fixture
def ann(db: None) -> SubjectId:
    return SubjectId(uuid4())


def as_owner(subject: SubjectId, brand: str = BRAND, at=NOON) -> Act:
    return make_act("customer", "rights", own=subject, brand=brand, at=at)


def stands(subject: SubjectId, purpose: PurposeId = OFFERS, *, brand: str = BRAND, at=NOON, **more) -> bool:
    return consents.standing(brand=BrandId(brand), subject=subject, purpose=purpose, at=at, **more)


def words_of(subject: SubjectId) -> int:
    with opened():
        return Consent.objects.filter(subject=subject).count()


def test_nobody_has_consented_to_anything_by_being_there(ann: SubjectId) -> None:
    assert not stands(ann)
    assert consents.consents_of(as_owner(ann), subject=ann) == ()


def test_a_yes_stands_until_it_is_taken_back(ann: SubjectId) -> None:
    act = as_owner(ann)
    consenting.give(act, subject=ann, purpose=OFFERS, how="client_area", language="vi")
    assert stands(ann)
    consenting.withdraw(act, subject=ann, purpose=OFFERS, how="client_area", language="vi")
    assert not stands(ann)
    (row,) = consents.consents_of(act, subject=ann)
    assert [word.state for word in row.words] == ["given", "withdrawn"]
    assert (row.state, row.clause, row.shown.language, row.shown.version) == ("withdrawn", "VS-11", "vi", 1)
    assert len(row.shown.digest) == 64


def test_a_yes_is_for_one_purpose_one_brand_and_one_person(ann: SubjectId) -> None:
    consenting.give(as_owner(ann), subject=ann, purpose=OFFERS, how="client_area")
    assert not stands(ann, PurposeId("product_news"))
    assert not stands(ann, brand="vps6")
    assert not stands(SubjectId(uuid4()))


def test_a_yes_said_twice_is_one_consent(ann: SubjectId) -> None:
    first = consenting.give(as_owner(ann), subject=ann, purpose=OFFERS, how="client_area")
    second = consenting.give(as_owner(ann), subject=ann, purpose=OFFERS, how="client_area")
    assert (first.record, words_of(ann)) == (second.record, 1)


def test_after_a_withdrawal_a_new_yes_is_a_new_consent(ann: SubjectId) -> None:
    act = as_owner(ann)
    first = consenting.give(act, subject=ann, purpose=OFFERS, how="client_area")
    consenting.withdraw(act, subject=ann, purpose=OFFERS, how="client_area")
    second = consenting.give(act, subject=ann, purpose=OFFERS, how="client_area")
    assert first.record != second.record
    assert stands(ann)
    assert {row.record: row.state for row in consents.consents_of(act, subject=ann)} == {
        first.record: "withdrawn", second.record: "given",
    }


def test_what_was_never_given_cannot_be_taken_back(ann: SubjectId) -> None:
    with pytest.raises(consenting.NoneStands):
        consenting.withdraw(as_owner(ann), subject=ann, purpose=OFFERS, how="client_area")
    assert words_of(ann) == 0


def test_a_no_is_kept_and_is_no_yes(ann: SubjectId) -> None:
    said = consenting.refuse(as_owner(ann), subject=ann, purpose=OFFERS, how="client_area")
    again = consenting.refuse(as_owner(ann), subject=ann, purpose=OFFERS, how="client_area")
    assert not stands(ann)
    assert (said.state, again.record, words_of(ann)) == ("refused", said.record, 1)


def test_a_no_takes_a_standing_yes_back(ann: SubjectId) -> None:
    given = consenting.give(as_owner(ann), subject=ann, purpose=OFFERS, how="client_area")
    said = consenting.refuse(as_owner(ann), subject=ann, purpose=OFFERS, how="client_area")
    assert (said.record, said.state, stands(ann)) == (given.record, "withdrawn", False)


@pytest.mark.parametrize(
    ("brand", "purpose", "recipient"),
    [
        ("vps6", "offers", ""),  # there it is a legitimate interest
        ("vps6", "support", ""),
        ("vps6", "offers", "moving_partner"),  # not what that recipient gets it for
        ("vps6", "legal_obligation", "authority"),  # the law compels it: nobody is asked
        ("vps6", "service", "somebody"),
        ("photonvps", "service", "moving_partner"),
        ("vpn", "remember", ""),
    ],
)
def test_what_the_policy_puts_on_no_consent_cannot_be_consented_to(
    ann: SubjectId, brand: str, purpose: str, recipient: str
) -> None:
    with pytest.raises(consenting.NotAskedFor) as no:
        consenting.give(
            as_owner(ann, brand), subject=ann, purpose=PurposeId(purpose), recipient=recipient, how="api"
        )
    assert no.value.clause
    assert words_of(ann) == 0


def test_a_yes_to_one_recipient_reaches_no_other(ann: SubjectId) -> None:
    consenting.give(as_owner(ann, "vps6"), subject=ann, purpose=SERVICE, recipient="moving_partner", how="api")
    assert stands(ann, SERVICE, brand="vps6", recipient="moving_partner")
    assert not stands(ann, SERVICE, brand="vps6")
    assert not stands(ann, SERVICE, brand="vps6", recipient="authority")


def test_a_yes_reaches_what_the_version_shown_asked_for(ann: SubjectId) -> None:
    consenting.give(as_owner(ann, "vps6"), subject=ann, purpose=SERVICE, recipient="moving_partner", how="api")

    def reaches(category: str) -> bool:
        return consents.standing(
            brand=BrandId("vps6"), subject=ann, purpose=SERVICE, recipient="moving_partner", at=NOON,
            category=CategoryId(category),
        )

    assert reaches("email")
    assert not reaches("gov_id")


def test_a_yes_with_a_term_ends_by_itself(ann: SubjectId) -> None:
    act, end = as_owner(ann, "vps6"), NOON + timedelta(days=30)
    consenting.give_until(act, subject=ann, purpose=REMEMBER, until=end, how="login")
    assert stands(ann, REMEMBER, brand="vps6", at=end - timedelta(seconds=1))
    assert not stands(ann, REMEMBER, brand="vps6", at=end)
    (row,) = consents.consents_of(as_owner(ann, "vps6", end), subject=ann)
    assert (row.state, len(row.words)) == ("expired", 1)


def test_a_longer_yes_takes_the_place_of_a_shorter_one(ann: SubjectId) -> None:
    act = as_owner(ann, "vps6")
    for days in (10, 30, 20):
        consenting.give_until(act, subject=ann, purpose=REMEMBER, until=NOON + timedelta(days=days), how="login")
    states = [row.state for row in consents.consents_of(act, subject=ann)]
    assert sorted(states) == ["expired", "given"]
    assert stands(ann, REMEMBER, brand="vps6", at=NOON + timedelta(days=29))


WIDER = (
    "purposes: [announcements, newsletter], roles: [system]}",
    "purposes: [announcements, newsletter], roles: [system]}\n"
    "    - {categories: [phone], purposes: [newsletter], roles: [system]}",
)


def test_what_a_later_version_adds_must_be_asked_again(ann: SubjectId) -> None:
    newsletter = PurposeId("newsletter")

    def reaches(category: str) -> bool:
        return stands(ann, newsletter, brand="vpsfast", at=clock.now(), category=CategoryId(category))

    first = consenting.give(as_owner(ann, "vpsfast", clock.now()), subject=ann, purpose=newsletter, how="client_area")
    announce("vpsfast", changed("vpsfast", WIDER))
    assert (reaches("email"), reaches("phone")) == (True, False)

    second = consenting.give(as_owner(ann, "vpsfast", clock.now()), subject=ann, purpose=newsletter, how="client_area")
    assert (reaches("email"), reaches("phone")) == (True, True)
    rows = consents.consents_of(as_owner(ann, "vpsfast", clock.now()), subject=ann)
    assert {row.record: (row.state, row.shown.version) for row in rows} == {
        first.record: ("expired", 1), second.record: ("given", 2),
    }


def test_a_no_under_an_older_version_may_be_said_again(ann: SubjectId) -> None:
    newsletter = PurposeId("newsletter")
    act = as_owner(ann, "vpsfast", clock.now())
    first = consenting.refuse(act, subject=ann, purpose=newsletter, how="client_area")
    announce("vpsfast", changed("vpsfast", WIDER))
    second = consenting.refuse(
        as_owner(ann, "vpsfast", clock.now()), subject=ann, purpose=newsletter, how="client_area"
    )
    assert first.record != second.record
    assert words_of(ann) == 2


def test_a_yes_can_be_taken_back_where_the_policy_asks_for_it_no_more(ann: SubjectId) -> None:
    newsletter = PurposeId("newsletter")
    consenting.give(as_owner(ann, "vpsfast", clock.now()), subject=ann, purpose=newsletter, how="client_area")
    announce("vpsfast", changed("vpsfast", ("newsletter: consent", "newsletter: contract")))
    act = as_owner(ann, "vpsfast", clock.now())
    with pytest.raises(consenting.NotAskedFor):
        consenting.give(act, subject=ann, purpose=newsletter, how="client_area")
    assert consenting.withdraw(act, subject=ann, purpose=newsletter, how="client_area").state == "withdrawn"


def test_what_has_ended_is_over_and_not_taken_back(ann: SubjectId) -> None:
    act = as_owner(ann, "vps6")
    consenting.give_until(act, subject=ann, purpose=REMEMBER, until=NOON + timedelta(days=30), how="login")
    consenting.expire(act, subject=ann, purpose=REMEMBER, how="login")
    (row,) = consents.consents_of(act, subject=ann)
    assert (row.state, stands(ann, REMEMBER, brand="vps6")) == ("expired", False)
    with pytest.raises(consenting.NoneStands):
        consenting.expire(act, subject=ann, purpose=REMEMBER, how="login")


@pytest.mark.parametrize("role", ["support", "system", "owner", "privacy"])
def test_nobody_consents_for_another(ann: SubjectId, role: str) -> None:
    with pytest.raises(consenting.NotYours):
        consenting.give(make_act(role, "rights", brand=BRAND), subject=ann, purpose=OFFERS, how="api")
    assert words_of(ann) == 0


def test_a_customer_speaks_for_nobody_else_and_sees_nobody_elses(ann: SubjectId) -> None:
    binh = SubjectId(uuid4())
    consenting.give(as_owner(ann), subject=ann, purpose=OFFERS, how="client_area")
    for deed in (consenting.give, consenting.refuse, consenting.withdraw):
        with pytest.raises(consenting.NotYours):
            deed(as_owner(binh), subject=ann, purpose=OFFERS, how="client_area")
    assert consents.consents_of(as_owner(binh), subject=ann) == ()
    assert stands(ann)


def test_each_word_stands_in_the_audit(ann: SubjectId) -> None:
    said = consenting.give(as_owner(ann), subject=ann, purpose=OFFERS, how="client_area")
    consenting.withdraw(as_owner(ann), subject=ann, purpose=OFFERS, how="one_click")
    verbs = Entry.objects.filter(thing=said.record).order_by("id").values_list("verb", flat=True)
    assert list(verbs) == ["vault.consent.given", "vault.consent.withdrawn"]


def test_without_the_vaults_role_nobody_reads_consents(ann: SubjectId) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        Consent.objects.filter(subject=ann).count()


@pytest.mark.parametrize("statement", ["UPDATE vault.vault_consent SET state = 'given'", "DELETE FROM vault.vault_consent"])
def test_the_vaults_own_role_cannot_change_a_word(ann: SubjectId, statement: str) -> None:
    consenting.give(as_owner(ann), subject=ann, purpose=OFFERS, how="client_area")
    with pytest.raises(DatabaseError), opened(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_versions_are_read_outside_the_wall(ann: SubjectId, monkeypatch: pytest.MonkeyPatch) -> None:
    """Inside it the vault's role sees no table of brands; a process that believes nothing reads at each step."""
    monkeypatch.setattr(queries, "FRESH", -1.0)
    act = as_owner(ann)
    consenting.refuse(act, subject=ann, purpose=OFFERS, how="client_area")
    consenting.give(act, subject=ann, purpose=OFFERS, how="client_area")
    assert stands(ann, category=CategoryId("email"))
    consenting.give(act, subject=ann, purpose=OFFERS, how="client_area")
    consenting.withdraw(act, subject=ann, purpose=OFFERS, how="client_area")
    assert [row.state for row in consents.consents_of(act, subject=ann)].count("withdrawn") == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE vault.vault_consent SET state = 'given'",
        "DELETE FROM vault.vault_consent",
        "TRUNCATE vault.vault_consent",
    ],
)
def test_not_even_the_owner_changes_a_word_by_mistake(committed: str, statement: str) -> None:
    ann = SubjectId(uuid4())
    consenting.give(as_owner(ann), subject=ann, purpose=OFFERS, how="client_area")
    alias = connections["default"]
    alias.close()
    alias.settings_dict["USER"] = "hk_owner"
    with pytest.raises(DatabaseError, match="written once"), alias.cursor() as cursor:
        cursor.execute(statement)


def test_two_that_say_yes_at_once_make_one_consent(committed: str) -> None:
    ann = SubjectId(uuid4())

    def say() -> None:
        try:
            consenting.give(as_owner(ann), subject=ann, purpose=OFFERS, how="client_area")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(say) for _ in range(4)]:
            done.result()
    assert words_of(ann) == 1


def test_two_that_take_it_back_at_once_take_it_back_once(committed: str) -> None:
    ann = SubjectId(uuid4())
    consenting.give(as_owner(ann), subject=ann, purpose=OFFERS, how="client_area")

    def say() -> str:
        try:
            return consenting.withdraw(as_owner(ann), subject=ann, purpose=OFFERS, how="client_area").state
        except consenting.NoneStands:
            return "none"
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        states = sorted(done.result() for done in [pool.submit(say) for _ in range(4)])
    assert states == ["none", "none", "none", "withdrawn"]
    assert words_of(ann) == 2
