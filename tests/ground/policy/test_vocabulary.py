"""One list of words: in the file, in the guide, in the form of the vocabulary it comes from."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hostkeep.kernel.ids import CategoryId
from hostkeep.policy.durations import read_duration, say_duration, write_duration
from hostkeep.policy.language import FILE, HEAD, KINDS, ROOM_FOR_ALL
from hostkeep.policy.vocabulary.terms import family, inputs_of, say, terms
from tests.ground.policy.small import GUIDE

PUBLISHED = [
    "category",
    "purpose",
    "stream",
    "role",
    "class",
    "form",
    "cookie",
    "event",
    "then",
    "right",
    "basis",
    "gateway",
    "recipient_basis",
    "notice",
    "default",
    "ask",
    "kind",
    "channel",
    "need",
    "jurisdiction",
]
IDS = {
    "category": "name email phone address contacts customer_number password service_secret second_factor login_history language preferences payment_ref invoice_party card bank_account other_financial solvency tax_id company gov_id registrant ip browser os page_visits cookies cart chosen_service use_time connect_ip activity demographics interests ticket message call_note support_record forum_post public_name content adult guardian acceptance",
    "purpose": "account order information_request support billing service authentication account_messages policy_change newsletter announcements product_news site_news offers company_news partner_offers customer_relations statistics diagnostics site_administration improvement fraud_prevention qualification contact cart remember personalisation domain_registration identity_verification age_verification dispute agreement technical_need legal_obligation rights terms_breach community",
    "role": "visitor customer system support billing sales engineer abuse privacy owner clerk",
    "stream": "account technical billing support policy_change newsletter announcements product_news site_news offers company_news partner_offers",
    "class": "account session security fiscal support kyc registry traffic statistics community content archive",
    "form": "signup order contact enquiry board",
    "cookie": "__Host-sid __Host-keep __Host-cart __Host-receipts __Host-interest __Host-draft __Host-lang",
}


@pytest.mark.parametrize("kind", sorted(IDS))
def test_an_id_never_changes_its_name(kind: str) -> None:
    assert set(IDS[kind].split()) == set(terms(kind))


@pytest.mark.parametrize("kind", PUBLISHED)
def test_the_guide_names_every_word(kind: str) -> None:
    plain = set(re.findall(r"[\w.-]+", GUIDE))

    assert [name for name in terms(kind) if name not in plain] == []


def test_the_guide_names_every_key() -> None:
    keys = {key for must, may in KINDS.values() for key in (*must, *may)} | set(ROOM_FOR_ALL)
    keys |= set(FILE.must) | set(HEAD.must) | {"closes", "also", "keep", "text", "id", "kind"}
    keys |= {
        "ask",
        "why",
        "needs",
        "except",
        "life",
        "idle",
        "asked",
        "holds",
        "carries",
        "own_only",
        "mailbox",
        "within",
    }

    assert [key for key in sorted(keys) if not re.search(rf"\b{key}\b", GUIDE)] == []


def test_every_word_has_a_label_in_both_languages() -> None:
    for kind in PUBLISHED:
        assert all(term.label["en"] and term.label["vi"] for term in terms(kind).values())


def test_every_category_and_purpose_has_a_term_of_the_data_privacy_vocabulary() -> None:
    shape = re.compile(r"(?:dpv|pd|tech|eu-gdpr):[A-Z][A-Za-z0-9-]+")

    for kind in ("category", "purpose", "basis", "right", "then", "measure"):
        for term in terms(kind).values():
            assert term.dpv, term.id
            assert all(shape.fullmatch(each) for each in term.dpv)


def test_references_inside_the_vocabulary_hold() -> None:
    for term in terms("category").values():
        assert term.keep_class in terms("class")
        assert term.parent in {"", *terms("category")}
        assert term.mark in {"basic", "secret", "identity"}
    assert all(each.points[0] in terms("purpose") for each in terms("stream").values())


def test_families_and_inputs() -> None:
    assert family(CategoryId("other_financial")) == {"other_financial", "bank_account", "solvency"}
    assert family(CategoryId("card")) == {"card"}
    assert family(CategoryId("nothing")) == {"nothing"}
    assert inputs_of(CategoryId("password")) == ("password1",)
    assert inputs_of(CategoryId("address")) == ("address", "city", "postal_code", "region", "country")
    assert inputs_of(CategoryId("email")) == ("email",)
    assert terms("nothing") == {}
    assert say("class", "archive", "fr") == "Archive"


@settings(deadline=None)
@given(st.integers(0, 10**8))
def test_a_duration_is_read_as_it_is_written(seconds: int) -> None:
    span = timedelta(seconds=seconds)

    assert read_duration(write_duration(span)) == span


@pytest.mark.parametrize(
    ("text", "days"), [("P30D", 30), ("P2Y", 730), ("P7Y2D", 2557), ("P1W", 7), ("P0D", 0), ("PT48H", 2)]
)
def test_durations(text: str, days: int) -> None:
    assert read_duration(text) == timedelta(days=days)


@pytest.mark.parametrize("text", ["", "P", "PT", "P1M", "30D", "P-1D", "P1.5D", "PT1D", "p1d", "P1D ", "P١D"])
def test_what_is_no_duration(text: str) -> None:
    assert read_duration(text) is None


@pytest.mark.parametrize(
    ("text", "en", "vi"),
    [
        ("P7Y2D", "7 years and 2 days", "7 năm và 2 ngày"),
        ("PT1H30M", "1 hour and 30 minutes", "1 giờ và 30 phút"),
        ("PT1S", "1 second", "1 giây"),
        ("P0D", "at once", "ngay lập tức"),
    ],
)
def test_durations_in_words(text: str, en: str, vi: str) -> None:
    span = read_duration(text)
    assert span is not None
    assert (say_duration(span, "en"), say_duration(span, "vi")) == (en, vi)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "P0D"), (86_400, "P1D"), (1200, "PT20M"), (90_061, "P1DT1H1M1S")]
)
def test_durations_as_written(seconds: int, text: str) -> None:
    assert write_duration(timedelta(seconds=seconds)) == text


def test_a_word_knows_which_list_it_is_in() -> None:
    assert {each.kind for each in terms("category").values()} == {"category"}
    assert {each.kind for each in terms("purpose").values()} == {"purpose"}
