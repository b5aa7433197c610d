"""The public policy and the record of processing as documents: nothing lost, nothing broken, both languages."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from hostkeep.policy.export.document import Document, Heading, Said, Table, policy_document
from hostkeep.policy.export.markdown import markdown, plain
from hostkeep.policy.export.page_html import page_html
from hostkeep.policy.export.plain import WIDTH, plain_text
from hostkeep.policy.export.ropa import processing_record, record_document, record_json
from hostkeep.policy.render.page import policy_page
from tests.ground.policy.documents import BRANDS, policy_of
from tests.ground.policy.small import compiled

BOTH = [(brand, language) for brand in BRANDS for language in ("en", "vi")]
MARK = "<script>alert(1)</script> | `x` *y* [z](javascript:1)"


def document(brand: str, language: str = "en") -> Document:
    return policy_document(policy_page(policy_of(brand), language))


class Page(HTMLParser):
    """What a reader's program finds in a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.levels: list[int] = []
        self.headless: list[str] = []
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.languages: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.tags.add(tag)
        if tag not in ("meta",):
            self.open.append(tag)
        if re.fullmatch(r"h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if tag == "th" and "scope" not in named:
            self.headless.append(tag)
        if "lang" in named:
            self.languages.append(str(named["lang"]))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize(("brand", "language"), BOTH)
def test_every_clause_stands_in_every_form(brand: str, language: str) -> None:
    page, laid = policy_page(policy_of(brand), language), document(brand, language)
    text = " ".join(plain_text(laid).split())
    for group in page.groups:
        for clause in group.clauses:
            assert plain(clause.text) in markdown(laid)
            assert f"[{clause.id}] {clause.text}" in text
            assert f'<section id="{clause.id}">' in page_html(laid)


@pytest.mark.parametrize(("brand", "language"), BOTH)
def test_every_cookie_stream_and_recipient_stands_in_the_document(brand: str, language: str) -> None:
    page, text = policy_page(policy_of(brand), language), markdown(document(brand, language))
    named = [*(row.name for row in page.cookies), *(row.name for row in page.streams)]
    named += [row.name for row in page.recipients]

    assert named != []
    assert [name for name in named if plain(name) not in text] == []


def test_parts_of_the_document_can_be_linked_to() -> None:
    anchors = [block.anchor for block in document("everything").blocks if isinstance(block, Heading)]

    assert anchors[:4] == ["", "short", "scope", "collect"]
    assert anchors[-1] == "who"
    assert "" not in anchors[1:]


def test_a_controller_without_an_address_has_an_empty_one() -> None:
    policy = policy_of("vps6")
    nowhere = replace(policy, controller={key: policy.controller[key] for key in ("name", "contact")})

    assert policy_page(nowhere, "en").postal == ""


def test_the_authoritative_language_is_named() -> None:
    assert "The text in English is authoritative." in plain_text(document("vps6"))
    assert "Đây là bản dịch" in plain_text(document("vps6", "vi"))
    assert "Đây là bản dịch" not in plain_text(document("vps6"))


def test_a_language_the_vocabulary_does_not_name_is_called_by_its_code() -> None:
    swedish = replace(compiled(), languages=("sv",))

    assert policy_page(swedish, "en").authority.startswith("The text in sv is authoritative.")


def test_text_in_another_language_says_so_in_html() -> None:
    swedish = replace(compiled(), languages=("sv",))

    assert "sv" in Page(page_html(policy_document(policy_page(swedish, "en")))).languages
    assert Page(page_html(document("vps6"))).languages == ["en"]


@pytest.mark.parametrize(("brand", "language"), BOTH)
def test_the_html_page_can_be_read_by_everybody(brand: str, language: str) -> None:
    page = Page(page_html(document(brand, language)))

    assert page.open == []
    assert page.levels[0] == 1
    assert page.levels.count(1) == 1
    assert all(deeper <= before + 1 for before, deeper in zip(page.levels, page.levels[1:], strict=False))
    assert page.headless == []
    assert page.tags.isdisjoint({"script", "link", "img", "iframe"})


@pytest.mark.parametrize("brand", BRANDS)
def test_every_law_that_tightens_is_named_beside_its_clause(brand: str) -> None:
    policy = policy_of(brand)
    said = {block.id: block.because for block in document(brand).blocks if isinstance(block, Said)}
    translated = {block.id: block.because for block in document(brand, "vi").blocks if isinstance(block, Said)}
    for each in policy.tightened:
        if each.clause:
            assert f"{each.what['en']}, because of {each.law['en']}." in said[each.clause]
            assert any(each.what["vi"] in line and each.law["vi"] in line for line in translated[each.clause])


def test_some_brand_is_tightened() -> None:
    assert any(policy_of(brand).tightened for brand in BRANDS)


def test_what_a_law_adds_without_a_clause_is_shown_too() -> None:
    policy = policy_of("vps6")
    alone = replace(policy, tightened=tuple(replace(each, clause="") for each in policy.tightened))
    laid = policy_document(policy_page(alone, "en"))

    assert Heading(2, "What the law adds", "by-law") in laid.blocks
    assert "because of GDPR" in markdown(laid)
    assert Heading(2, "Điều pháp luật bổ sung", "by-law") in policy_document(policy_page(alone, "vi")).blocks


def test_a_policy_without_recipients_says_that_nobody_receives() -> None:
    assert "Nobody outside receives anything." in plain_text(
        policy_document(policy_page(replace(compiled(), recipients={}), "en"))
    )


def test_text_of_an_author_is_never_markup() -> None:
    policy = compiled()
    clause = replace(policy.clauses[0], text={"en": MARK, "vi": MARK})
    laid = policy_document(policy_page(replace(policy, clauses=(clause,)), "en"))

    assert "<script>" not in page_html(laid)
    assert "\\<script\\>" in markdown(laid)
    assert "\\[z\\](javascript:1)" in markdown(laid)


@pytest.mark.parametrize("brand", BRANDS)
def test_plain_text_fits_a_terminal(brand: str) -> None:
    assert [line for line in plain_text(document(brand, "vi")).splitlines() if len(line) > WIDTH] == []


@pytest.mark.parametrize(("brand", "language"), BOTH)
def test_the_record_has_an_activity_for_every_purpose(brand: str, language: str) -> None:
    policy = policy_of(brand)
    record = processing_record(policy, language)
    text = markdown(record_document(record))

    assert [each.id for each in record.activities] == list(policy.purposes)
    assert json.loads(json.dumps(record_json(record)))["digest"] == policy.digest
    assert all(plain(each.purpose) in text for each in record.activities)
    assert all(each.data and each.readers and each.limits for each in record.activities)


@pytest.mark.parametrize("brand", BRANDS)
def test_the_record_names_every_recipient_where_it_receives(brand: str) -> None:
    policy = policy_of(brand)
    for activity in processing_record(policy, "en").activities:
        named = {each.name for each in activity.recipients}
        assert named == {each.label["en"] for each in policy.recipients.values() if activity.id in each.purposes}


def transfers(brand: str) -> set[tuple[str, str]]:
    record = processing_record(policy_of(brand), "en")
    return {(each.name, each.country) for activity in record.activities for each in activity.transfers}


def test_a_recipient_in_another_country_is_a_transfer() -> None:
    assert {country for _, country in transfers("vietnam-server")} == {"US"}


def test_a_recipient_in_the_eea_is_none_for_a_controller_under_its_law() -> None:
    assert transfers("vps6") == set()


def test_a_recipient_whose_country_depends_counts_as_a_transfer() -> None:
    assert "depends on the case" in {country for _, country in transfers("vpn")}


def test_a_controller_without_an_address_has_no_country_of_its_own() -> None:
    policy = policy_of("vietnam-server")
    nowhere = replace(policy, controller={key: policy.controller[key] for key in ("name", "contact")})
    record = processing_record(nowhere, "en")

    assert {each.country for activity in record.activities for each in activity.transfers} == {"US", "VN"}
    assert f"Controller**: {policy.controller['name']}\n" in markdown(record_document(record))


def test_the_record_tells_whose_data_it_is() -> None:
    by_id = {each.id: each for each in processing_record(policy_of("vietnam-server"), "en").activities}

    assert "Owners of domains" in by_id["domain_registration"].subjects
    assert "Visitors and people who write to us" in by_id["cart"].subjects
    assert by_id["account"].subjects == ("Customers",)


def test_the_record_of_a_vpn_speaks_of_children() -> None:
    subjects = {each for activity in processing_record(policy_of("vpn"), "en").activities for each in activity.subjects}

    assert "Children whose parents hold the account" in subjects


def test_the_archive_is_a_time_limit_of_what_it_keeps() -> None:
    by_id = {each.id: each for each in processing_record(policy_of("vpn"), "en").activities}

    assert "Archive" in {each.data for each in by_id["account"].limits}


def test_a_purpose_for_which_nothing_is_held_has_no_limits() -> None:
    idle = processing_record(replace(compiled(), table={}), "en")

    assert all(each.limits == () for each in idle.activities)
    assert "**Time limits**: none" in markdown(record_document(idle))


def test_a_policy_without_cookies_has_no_table_of_them() -> None:
    bare = replace(compiled(), cookies={})
    captions = {block.caption for block in policy_document(policy_page(bare, "en")).blocks if isinstance(block, Table)}

    assert "All cookies there are" not in captions
    assert "All cookies there are" in {
        block.caption
        for block in policy_document(policy_page(compiled(), "en")).blocks
        if isinstance(block, Table)
    }


def test_a_table_whose_kind_has_no_clause_of_its_own_comes_last() -> None:
    policy = compiled()
    alone = replace(policy, clauses=tuple(clause for clause in policy.clauses if clause.kind != "cookies"))
    titles = [block.text for block in policy_document(policy_page(alone, "en")).blocks if isinstance(block, Heading)]

    assert titles.index("Cookies") > titles.index("Changes")
