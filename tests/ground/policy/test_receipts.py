"""What can be consented to, and the receipts of it after ISO/IEC TS 27560:2023."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator

from hostkeep.kernel.ids import ClauseId, PurposeId
from hostkeep.policy.book import Policy
from hostkeep.policy.consent import asked_by_cookie, clause_without, covers, matter_of, matters_of
from hostkeep.policy.receipts import Consent, Event, Pages, Shown, consent_receipt, notice_receipt
from hostkeep.policy.vocabulary.dpv import dpv_terms
from tests.ground.policy.clause_ids import CLAUSE_IDS
from tests.ground.policy.small import EVERYTHING, SMALL, brand, changed, compiled

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
RECORD = UUID("6f1c1f2e-0000-4000-8000-000000000001")
PAGES = Pages("https://x.example/privacy/", "https://x.example/consents/", "https://x.example/rights/")
TEXT = {"type": "string", "minLength": 1}
TEXTS = {"type": "array", "items": TEXT, "minItems": 1}
ADDRESS = {"type": "string", "pattern": "^https?://"}
DIGEST = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
MOMENT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"}


def needs(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


def some(item: Any, least: int = 1) -> dict[str, Any]:
    return {"type": "array", "items": item, "minItems": least}


HEADER = needs(  # 6.3.3, 6.4.5
    schema_version={"const": "ISO/IEC TS 27560:2023"},
    record_id={"type": "string", "format": "uuid"},
    receipt_id={"type": "string", "format": "uuid"},
    pii_principal_id=TEXT,
)
PII = needs(  # 6.3.5
    pii_type=TEXTS, pii_attribute_id=TEXT, pii_optional={"type": "boolean"},
    sensitive_pii_category={"type": "boolean"}, special_pii_category={"type": "boolean"},
)
PURPOSE = needs(  # 6.3.4.3 to 6.3.4.19
    purpose=TEXT, purpose_type=TEXT, lawful_basis=TEXT, pii_information=some(PII), pii_controllers=TEXTS,
    collection_method=TEXTS, processing_method=TEXTS, storage_locations=TEXTS, retention_period=some({"type": "object"}),
    jurisdiction=TEXTS, recipient_third_parties={"type": "array"}, withdrawal_method=ADDRESS,
    privacy_rights=needs(url=ADDRESS, rights={"type": "array"}),
)
PARTY = needs(  # 6.3.6
    party_id=TEXT, party_name=TEXT, party_address=TEXT, party_role=TEXT, party_contact={"type": "array"},
    party_type=TEXT,
)
EVENT = needs(  # 6.3.7
    event_time=MOMENT, validity_duration=TEXT, entity_id=TEXT, event_type=TEXT, event_state=TEXT,
    policy_digest=DIGEST,
)
NOTICE = needs(privacy_notice=needs(url=ADDRESS, version={"type": "integer"}, digest=DIGEST), language=TEXT)
RECEIPT = needs(
    header=HEADER,
    processing={"allOf": [NOTICE, needs(purposes=some(PURPOSE))]},
    party_identification=some(PARTY),
    event=some(EVENT),
)
ACKNOWLEDGEMENT = needs(
    header={"allOf": [HEADER, needs(record_kind={"const": "notice_acknowledgement"})]},
    processing={"allOf": [NOTICE, needs(purposes={"const": []})]},
    party_identification=some(PARTY),
    event=some(EVENT),
)

POLICIES = [brand(slug) for slug in CLAUSE_IDS]
MATTERS = [(policy, matter) for policy in POLICIES for matter in matters_of(policy)]


def event(policy: Policy, state: str, at: datetime = NOON, language: str = "en") -> Event:
    return Event(state, at, 3, policy.digest, language, "client_area")


def consent(policy: Policy, purpose: str, recipient: str = "", *events: Event, until: datetime | None = None) -> Consent:
    said = events or (event(policy, "given"),)
    return Consent(RECORD, "00001234", PurposeId(purpose), recipient, ClauseId("X-1"), until, said)


def read(receipt: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(receipt, ensure_ascii=False))


def test_what_each_brand_asks_a_consent_for() -> None:
    found = {policy.brand: {(m.purpose, m.recipient) for m in matters_of(policy)} for policy in POLICIES}
    assert found == {
        "vpsfast": {("newsletter", ""), ("remember", ""), ("service", "moving_partner")},
        "vps6": {("remember", ""), ("service", "moving_partner")},
        "photonvps": {("partner_offers", ""), ("remember", ""), ("personalisation", "")},
        "vpn": set(),
        "vietnam-server": {("offers", ""), ("product_news", "")},
    }


@pytest.mark.parametrize(("policy", "matter"), MATTERS, ids=lambda x: getattr(x, "brand", None) or x.purpose)
def test_each_matter_has_the_clause_that_asks_and_the_data_it_is_about(policy: Policy, matter: Any) -> None:
    assert matter.clause in {clause.id for clause in policy.clauses}
    assert matter.categories
    assert set(matter.categories) <= set(policy.categories)
    assert {"en", "vi"} <= set(matter.label)
    assert all(covers(policy, matter.purpose, each, matter.recipient) for each in matter.categories)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.brand)
def test_a_consent_covers_exactly_the_data_that_its_matter_names(policy: Policy) -> None:
    named = {(m.purpose, m.recipient, c) for m in matters_of(policy) for c in m.categories}
    asked = [
        (purpose, recipient, category)
        for purpose in policy.purposes for recipient in ("", *policy.recipients) for category in policy.categories
    ]
    assert {each for each in asked if covers(policy, each[0], each[2], each[1])} == named


def test_a_consent_covers_nothing_that_was_not_asked() -> None:
    policy = brand("vps6")
    assert not covers(policy, "service", "gov_id", "moving_partner")
    assert not covers(policy, "offers", "email")
    assert not covers(policy, "remember", "phone")
    assert not covers(policy, "service", "email", "somebody")
    assert not covers(policy, "service", "email", "authority")
    assert not covers(policy, "offers", "email", "moving_partner")
    assert not covers(policy, "no_such_purpose", "email")
    assert matter_of(policy, "offers") is None
    assert clause_without(policy, "authority") == policy.closed_by["disclose"]
    assert clause_without(policy, "") == policy.closed_by["use"]


def test_a_purpose_that_only_a_cookie_serves_is_asked_by_the_cookies_clause() -> None:
    policy = brand("vps6")
    matter = matter_of(policy, "remember")
    assert matter is not None
    assert matter.clause == policy.cookies["__Host-keep"].clause


def test_a_consent_to_a_cookie_is_asked_in_the_browser_and_others_are_not() -> None:
    matters = [each for each in matters_of(compiled(EVERYTHING)) if asked_by_cookie(compiled(EVERYTHING), each)]
    silent = replace(compiled(EVERYTHING), cookies={})

    assert {(each.purpose, each.recipient) for each in matters} == {("remember", ""), ("personalisation", "")}
    assert not any(asked_by_cookie(compiled(EVERYTHING), replace(each, recipient="partner")) for each in matters)
    assert not any(asked_by_cookie(silent, each) for each in matters)


def test_without_stream_or_cookie_the_first_use_asks() -> None:
    policy = compiled(changed("  account: contract\n", "  account: consent\n", base=_with_withdrawal()))
    matter = matter_of(policy, "account")
    assert matter is not None
    assert matter.clause == policy.table[_first(policy, "account")].clause


def test_a_purpose_that_nobody_serves_is_asked_by_the_clause_that_closes_uses() -> None:
    policy = brand("vps6")
    idle = replace(policy, streams={}, cookies={}, table={})
    matter = matter_of(idle, "remember")

    assert matter is not None
    assert (matter.clause, matter.categories) == (policy.closed_by["use"], ())


def _with_withdrawal() -> str:
    return changed("export: {how: client_area}", "export: {how: client_area}\n      withdraw: {how: client_area}")


def _first(policy: Policy, purpose: str) -> Any:
    return next(key for key in policy.table if key[1] == purpose)


@pytest.mark.parametrize(("policy", "matter"), MATTERS, ids=lambda x: getattr(x, "brand", None) or x.purpose)
@pytest.mark.parametrize("language", ["en", "vi"])
def test_a_receipt_has_what_the_standard_asks(policy: Policy, matter: Any, language: str) -> None:
    said = consent(
        policy, matter.purpose, matter.recipient, event(policy, "given", language=language),
        event(policy, "withdrawn", NOON + timedelta(days=3), language),
    )
    receipt = read(consent_receipt(policy, said, PAGES))

    Draft202012Validator.check_schema(RECEIPT)
    Draft202012Validator(RECEIPT).validate(receipt)
    (purpose,) = receipt["processing"]["purposes"]
    assert receipt["processing"]["privacy_notice"]["digest"] == policy.digest
    assert receipt["processing"]["language"] == language
    assert purpose["purpose"] == policy.purposes[matter.purpose].label[language]
    assert {each["pii_attribute_id"] for each in purpose["pii_information"]} == set(matter.categories)
    assert [each["event_state"] for each in receipt["event"]] == ["dpv:ConsentGiven", "dpv:ConsentWithdrawn"]
    assert {each["event_type"] for each in receipt["event"]} == {"explicit"}
    roles = [each["party_role"] for each in receipt["party_identification"]]
    assert roles == ["dpv:DataController", *["dpv:ThirdParty"] * bool(matter.recipient)]
    assert purpose["recipient_third_parties"] == [matter.recipient] * bool(matter.recipient)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.brand)
def test_receipts_use_only_terms_of_the_vocabulary(policy: Policy) -> None:
    states = [event(policy, state) for state in ("given", "refused", "withdrawn", "expired")]
    bodies = [
        consent_receipt(policy, consent(policy, m.purpose, m.recipient, *states), PAGES) for m in matters_of(policy)
    ]
    bodies.append(notice_receipt(policy, shown(policy), PAGES))
    used = set(re.findall(r'"((?:dpv|pd|tech|eu-gdpr):[^"]+)"', json.dumps(bodies)))
    assert used <= set(dpv_terms())
    assert "dpv:DataController" in used


def test_a_yes_with_a_term_says_how_long_and_one_without_until_when() -> None:
    policy = brand("vps6")
    until = NOON + timedelta(days=30)
    limited = consent_receipt(policy, consent(policy, "remember", until=until), PAGES)
    open_end = consent_receipt(policy, consent(policy, "remember"), PAGES)
    assert limited["event"][0]["validity_duration"] == "P30D"
    assert open_end["event"][0]["validity_duration"] == "until withdrawn"


def test_each_event_makes_a_receipt_of_its_own_number() -> None:
    policy = brand("vps6")
    given, ended = event(policy, "given"), event(policy, "withdrawn")
    one = consent_receipt(policy, consent(policy, "remember", "", given), PAGES)["header"]
    two = consent_receipt(policy, consent(policy, "remember", "", given, ended), PAGES)["header"]
    assert one["record_id"] == two["record_id"] == str(RECORD)
    assert one["receipt_id"] != two["receipt_id"]
    assert one == consent_receipt(policy, consent(policy, "remember", "", given), PAGES)["header"]


def test_a_language_the_policy_does_not_speak_falls_back_to_the_authoritative_one() -> None:
    policy = brand("vps6")
    for language in ("", "fr"):
        receipt = consent_receipt(policy, consent(policy, "remember", "", event(policy, "given", language=language)), PAGES)
        assert receipt["processing"]["language"] == policy.languages[0]


def test_a_purpose_the_version_does_not_ask_for_is_told_as_it_is() -> None:
    receipt = consent_receipt(compiled(SMALL), consent(compiled(SMALL), "offers", "somebody"), PAGES)
    (purpose,) = receipt["processing"]["purposes"]
    assert (purpose["purpose"], purpose["purpose_type"], purpose["pii_information"]) == ("offers", UNSAID, [])
    assert purpose["collection_method"] == [UNSAID]
    assert purpose["recipient_third_parties"] == []


UNSAID = "not stated by the policy"


def shown(policy: Policy, what: str = "accept_policy") -> Shown:
    return Shown(RECORD, "00001234", what, "signup", 3, policy.digest, NOON)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.brand)
def test_an_acceptance_is_acknowledged_as_a_notice_and_never_as_a_consent(policy: Policy) -> None:
    receipt = read(notice_receipt(policy, shown(policy, "storage_notice"), PAGES))
    Draft202012Validator(ACKNOWLEDGEMENT).validate(receipt)
    assert receipt["processing"]["privacy_notice"]["digest"] == receipt["event"][0]["policy_digest"] == policy.digest
    assert "no consent" in receipt["note"]
    assert "dpv:Consent" not in json.dumps(receipt)


def test_the_words_that_were_ticked_stand_in_their_receipt() -> None:
    policy = compiled(SMALL)
    texts = {s.id: dict(s.text) for s in policy.forms["signup"].statements}
    assert texts
    for what, text in texts.items():
        receipt = notice_receipt(policy, shown(policy, what), PAGES)
        assert receipt["processing"]["statement_text"] == text
