"""What changed, and whether it is material: computed from the compiled policy, never lighter than it is."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from itertools import islice
from typing import Any

import pytest

from hostkeep.kernel.ids import CategoryId, ClauseId
from hostkeep.policy.book import Form, Policy
from hostkeep.policy.changes import Change, changes_between, weigh
from hostkeep.policy.changing.change import opposite
from hostkeep.policy.changing.steps import lasting, ranked
from hostkeep.policy.vocabulary.terms import terms
from tests.ground.policy.clause_ids import CLAUSE_IDS
from tests.ground.policy.mutants import compiled_or_none, data_of, mutants
from tests.ground.policy.small import EVERYTHING, ROOT, SMALL, brand, changed, compiled

WEIGHTS = terms("weight")
SHOPS = {slug: (ROOT / "brands" / slug / "policy.yaml").read_text(encoding="utf-8") for slug in CLAUSE_IDS}
TEXTS = {"small": SMALL, "everything": EVERYTHING, **SHOPS}


def between(old: str, new: str, *, base: str = EVERYTHING) -> tuple[Change, ...]:
    """The changes where one piece of a policy's text takes the place of another."""
    return changes_between(compiled(base), compiled(changed(old, new, base=base)))


def reasons(old: str, new: str, *, base: str = EVERYTHING) -> set[tuple[str, str]]:
    return {(each.thing, each.why) for each in between(old, new, base=base)}


@pytest.mark.parametrize("slug", sorted(SHOPS))
def test_a_policy_does_not_change_from_itself(slug: str) -> None:
    policy = brand(slug)

    assert changes_between(policy, policy) == ()
    assert not weigh(policy, policy).material
    assert weigh(policy, policy).reasons == ()


def test_every_reason_has_its_opposite_and_its_words() -> None:
    for why, term in WEIGHTS.items():
        assert opposite(opposite(why)) == why
        assert term.label["en"] != term.label["vi"]
        assert term.mark in {"material", "lighter", "neutral"}
        if term.mark == "lighter":
            assert WEIGHTS[opposite(why)].mark == "material"


MANY = int(os.environ.get("HOSTKEEP_SAMPLES", "4"))
"""How many other policies are drawn for each; `make soak` draws many more."""


def samples(name: str) -> Iterator[tuple[str, Policy]]:
    """Policies that differ from one in a single place, drawn from all such places."""
    everywhere = [*mutants(data_of(TEXTS[name]))]
    random.Random(name).shuffle(everywhere)  # noqa: S311 - the same every time
    known = ((where, compiled_or_none(data())) for where, data in everywhere)
    lawful = ((where, policy) for where, policy in known if policy is not None)
    return islice(lawful, MANY * 5 if name == "small" else MANY)


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_no_other_text_comes_without_a_word_and_what_is_lighter_is_heavier_the_other_way(name: str) -> None:
    base = compiled(TEXTS[name])
    seen = 0
    for where, other in samples(name):
        there, back = changes_between(base, other), changes_between(other, base)
        seen += 1
        assert bool(there) == bool(back) == (base.digest != other.digest), where
        for one, two in ((there, back), (back, there)):
            if any(WEIGHTS[each.why].mark == "lighter" for each in one):
                assert any(each.material for each in two), where
    assert seen


DERIVED = {
    ("Policy", "digest"): "what tells that anything changed at all",
    ("Policy", "tightened"): "drawn from the rules and the jurisdictions",
    ("Category", "id"): "the key",
    ("Category", "sensitivity"): "given by the vocabulary",
    ("Category", "keep_class"): "a class without a rule does not compile; see below",
    ("Category", "dpv"): "given by the vocabulary",
    ("Purpose", "id"): "the key",
    ("Purpose", "label"): "given by the vocabulary",
    ("Purpose", "dpv"): "given by the vocabulary",
    ("Form", "name"): "the key",
    ("Cookie", "name"): "the key",
    ("Stream", "id"): "the key",
    ("Recipient", "id"): "the key",
    ("Retention", "keep_class"): "the key",
    ("Right", "id"): "the key",
    ("Clause", "line"): "where it stands in the file",
}
"""Fields of the book that are compared by way of another."""


def unlike(value: Any) -> Any:
    """Another value of the same type."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case timedelta():
            return value + timedelta(days=1)
        case None:
            return timedelta(days=1)
        case "always" | "product":
            return "product" if value == "always" else "always"
        case str():
            return f"{value}x"
        case frozenset() | tuple():
            return type(value)([*value, "more"]) if not value or isinstance(next(iter(value)), str) else value[:-1]
        case Mapping():
            return {key: f"{each}x" if isinstance(each, str) else each for key, each in value.items()} or {"x": ClauseId("EV-1")}
        case _:
            raise AssertionError(value)


def altered(book: Any, label: str = "") -> Iterator[tuple[str, Any]]:
    """Go through copies of a book that differ in one field of one of its records, each sort of record once."""
    for each in fields(book):
        name, value = f"{type(book).__name__}.{each.name}", getattr(book, each.name)
        if (type(book).__name__, each.name) in DERIVED or (isinstance(book, Form) and not value):
            continue
        if is_dataclass(value):
            yield from ((where, replace(book, **{each.name: inner})) for where, inner in altered(value))
        elif isinstance(value, Mapping) and value and is_dataclass(next(iter(value.values()))):
            yield name, replace(book, **{each.name: dict(islice(value.items(), len(value) - 1))})
            for key in islice(value, 12):
                for where, inner in altered(value[key]):
                    yield f"{where} of {key}", replace(book, **{each.name: {**value, key: inner}})
        elif isinstance(value, tuple) and value and is_dataclass(value[0]):
            yield name, replace(book, **{each.name: value[:-1]})
            for where, inner in altered(value[0]):
                yield where, replace(book, **{each.name: (inner, *value[1:])})
        else:
            yield name, replace(book, **{each.name: unlike(value)})


def test_no_field_of_the_book_is_forgotten() -> None:
    base = compiled(EVERYTHING)
    seen = set()
    for where, other in altered(base):
        other = replace(other, digest="f" * 64)
        sort = where.partition(" of ")[0]
        found = [each for each in changes_between(base, other) if each.thing != "notation"]
        assert found, where
        seen.add(sort)
    assert {"Cell.needs", "Cookie.asked", "Right.within", "Notice.by", "Policy.gathers", "Clause.keep"} <= seen


def test_what_cannot_be_compared_is_heavier_both_ways() -> None:
    assert ranked(("a", "b"), "a", "z") == ranked(("a", "b"), "z", "a") == {1}
    assert lasting(None, timedelta(1)) == {-1}
    assert lasting(timedelta(1), None) == {1}


def test_the_key_of_a_change_is_plain() -> None:
    assert CategoryId("card") in next(iter(brand("vps6").never)).categories
    found = changes_between(brand("vps6"), replace(brand("vps6"), never=(), digest="0" * 64))

    assert found == (Change("collect", "removed", "never card", ClauseId("V6-3"), material=True, why="removed_prohibition"),)


HEAVIER = [
    ("never: [card, activity]", "never: [card]", "never activity", "removed_prohibition"),
    ("never_ask: [card, password]", "never_ask: [card]", "never_ask password", "removed_prohibition"),
    ("phone: {ask: optional,", "phone: {ask: required,", "field signup/phone", "wider_collection"),
    ("other_financial: {ask: product", "other_financial: {ask: required", "field order/other_financial", "wider_collection"),
    ("basis: consent\n      categories: [name, email]", "basis: consent\n      categories: [name, email, phone]", "recipient partner", "wider_disclosure"),
    ("purposes: [partner_offers]", "purposes: [partner_offers, offers]", "recipient partner", "wider_disclosure"),
    ("basis: consent\n", "basis: service\n", "recipient partner", "wider_disclosure"),
    ("country: US", "country: CN", "recipient test_registry", "other_country"),
    ("      country: US\n", "", "recipient test_registry", "wider_disclosure"),
    ("      purposes: [terms_breach]\n", "      purposes: [terms_breach]\n      exception: true\n", "recipient breach_party", "wider_disclosure"),
    ("remember: consent", "remember: contract", "purpose remember", "weaker_basis"),
    ("community: contract", "community: {basis: legitimate_interest, balance: {en: x, vi: y}}", "purpose community", "weaker_basis"),
    ("roles: [system, engineer]}", "roles: [system, engineer, owner]}", "use ip/diagnostics/owner", "wider_use"),
    ("roles: [abuse], needs: [reason, case]}\n    - {categories: [browser", "roles: [abuse], needs: [reason]}\n    - {categories: [browser", "use ip/fraud_prevention/abuse", "wider_use"),
    ("plus: P14D, then: aggregate", "plus: P20D, then: aggregate", "retain traffic", "longer_storage"),
    ("plus: P14D, then: aggregate", "plus: P14D, then: archive", "retain traffic", "longer_storage"),
    ("class: kyc, until: service.ended", "class: kyc, until: account.closed", "retain kyc", "longer_storage"),
    ("class: statistics, until: collected", "class: statistics, until: service.ended", "retain statistics", "longer_storage"),
    (", then: erase, at_closing: erase", ", then: erase", "retain security", "longer_storage"),
    ("for: P1Y", "for: P2Y", "retain support", "longer_storage"),
    ("reads: [dispute, legal_obligation, rights]", "reads: [dispute, legal_obligation, rights, billing]", "retain fiscal", "longer_storage"),
    (", reads: [dispute, legal_obligation, rights]", "", "retain fiscal", "longer_storage"),
    ("  categories: [email, address]\n", "  categories: [email, address, name]\n", "archive", "longer_storage"),
    ("plus: P1Y\n", "plus: P2Y\n", "retain archive", "longer_storage"),
    ("company: {}", "company: {class: fiscal}", "class company", "longer_storage"),
    ("  within: P30D", "  within: P60D", "backup", "longer_storage"),
    ("life: P7D", "life: P8D", "cookie __Host-cart", "wider_cookie"),
    ("life: session, idle: PT12H", "life: session", "cookie __Host-sid", "wider_cookie"),
    ("life: session, idle: PT12H", "life: P1D, idle: PT12H", "cookie __Host-sid", "wider_cookie"),
    ("life: P7D", "life: P7D, asked: true", "cookie __Host-cart", "narrower_cookie"),
    ("carries: [interests]", "carries: [interests, name]", "cookie __Host-interest", "wider_cookie"),
    ("newsletter: {channels: [email], default: \"off\"}", "newsletter: {channels: [email, phone], default: \"off\"}", "stream newsletter", "more_messages"),
    ("    newsletter: {channels: [email], default: \"off\"}\n", "    newsletter: {channels: [email], default: \"off\", own_only: true}\n", "stream newsletter", "fewer_messages"),
    ("cap: {mails: 4,", "cap: {mails: 5,", "cap", "more_messages"),
    ("mails: 4, per: P30D", "mails: 4, per: P20D", "cap", "more_messages"),
    ("  cap: {mails: 4, per: P30D}\n", "", "cap", "more_messages"),
    ("  review: links\n", "", "review", "weaker_protection"),
    ("first_reply: PT4H", "first_reply: PT5H", "first_reply", "weaker_protection"),
    ("newsletter: unticked, ", "", "choice signup/newsletter", "weaker_choice"),
    ("    hand_over: {how: client_area, within: P28D}\n", "", "right hand_over", "weaker_right"),
    ("hand_over: {how: client_area, within: P28D}", "hand_over: {how: client_area, within: P27D}", "right hand_over", "stronger_right"),
    ("hand_over: {how: client_area,", "hand_over: {how: mail, mailbox: a@everything.example,", "right hand_over", "weaker_right"),
    (", acknowledge_within: P3D", "", "right access", "weaker_right"),
    ("mailbox: privacy@everything.example", "mailbox: sales@everything.example", "right erase", "other_contact"),
    ("period: P21D", "period: P20D", "notice", "shorter_notice"),
    ("by: [email, policy_page, home_page]", "by: [email, policy_page]", "notice", "shorter_notice"),
    ("  reject: true\n", "", "notice", "shorter_notice"),
    ("mode: mail\n", "mode: ahead\n", "notice", "shorter_notice"),
    ("minor_by: [policy_page, home_page]", "minor_by: [policy_page]", "notice", "shorter_notice"),
    ("minimum: 18", "minimum: 17", "age", "weaker_protection"),
    ("authority: PT72H", "authority: PT71H", "breach", "stronger_protection"),
    (", dpv:MultiFactorAuthentication]", "]", "measure dpv:MultiFactorAuthentication", "weaker_protection"),
    ("smallest_group: 10", "smallest_group: 9", "smallest_group", "weaker_protection"),
    ("longest: PT2H", "longest: PT3H", "grant_longest", "weaker_protection"),
    ("  longest: PT2H\n", "", "grant_longest", "weaker_protection"),
    ("secrets: once", "secrets: sealed", "secrets", "weaker_protection"),
    ("  department: privacy\n", "", "department", "weaker_right"),
    ("department: privacy", "department: sales", "department", "other_contact"),
    ("  by_use: true\n  purposes: [account, service]\n", "", "by_use", "stronger_choice"),
    ("  purposes: [account, service]\n", "", "by_use", "weaker_choice"),
    ("  purposes: [account, service]\n", "  purposes: [account]\n", "by_use", "stronger_choice"),
    ("channels: [web, email, phone, chat, api, offline]", "channels: [web, email, phone, chat, api]", "channel offline", "narrower_collection"),
    ("gateways: [testpay, bank_transfer, stripe]", "gateways: [testpay, bank_transfer]", "gateway stripe", "gateway_gone"),
    ("hosts: [everything.localhost]", "hosts: [everything.localhost, more.localhost]", "host more.localhost", "wider_scope"),
    ("jurisdictions: [eu]", "jurisdictions: []", "jurisdiction eu", "weaker_protection"),
    ("10000 Berlin", "10001 Berlin", "controller", "other_controller"),
    ("{accept_policy: {text: {en: \"I have read the policy.\"", "{accept_policy: {required: false, text: {en: \"I have read the policy.\"", "statement signup/accept_policy", "weaker_protection"),
    ("statements: {board: {public_post: {text:", "statements: {board: {public_pos: {text:", "statement board/public_post", "weaker_protection"),
    ("Links lead elsewhere.", "Links lead to others.", "text EV-21", "reworded"),
    ("Small groups are not shown.", "Small groups stay hidden.", "keep EV-18", "reworded"),
    ("a form half filled", "half a form", "cookie __Host-draft", "reworded"),
    ("Stripe, who takes cards", "Stripe, for cards", "recipient stripe", "reworded"),
    ("I am an adult.", "I am grown up.", "statement signup/adult", "reworded"),
    ("Offers of ours", "Our offers", "stream offers", "reworded"),
    ("Name on the boards", "Board name", "category public_name", "reworded"),
    ("Mailed 21 days before", "Mailed three weeks before", "fact changes", "reworded"),
    ("Made for tests; no company", "For tests; no company", "after", "label"),
]  # fmt: skip
"""A piece of the text, what takes its place, the thing and the reason of the change."""


@pytest.mark.xdist_group("versions")
@pytest.mark.parametrize(("old", "new", "thing", "why"), HEAVIER)
def test_a_change_has_its_reason_and_the_way_back_the_opposite_one(old: str, new: str, thing: str, why: str) -> None:
    base, other = compiled(EVERYTHING), compiled(changed(old, new, base=EVERYTHING))
    there = {(each.thing, each.why): each for each in changes_between(base, other)}
    back = {(each.thing, each.why): each for each in changes_between(other, base)}
    away = opposite(why)
    if thing.startswith("statement ") and why != "reworded":
        away = "wider_collection"

    assert all(each.kind in terms("kind") for each in there.values())
    assert all(each.clause in {clause.id for clause in other.clauses} for each in there.values())
    assert there[thing, why].material is (WEIGHTS[why].mark == "material")
    assert back[thing, away].material is (WEIGHTS[away].mark == "material")


def both_ways(thing: str, **parts: Any) -> list[set[str]]:
    """The reasons of a thing's change there and back, where some parts of the policy are others."""
    base = compiled(EVERYTHING)
    other = replace(base, digest="0" * 64, **parts)
    return [{e.why for e in changes_between(*way) if e.thing == thing} for way in ((base, other), (other, base))]


def test_what_the_linter_would_refuse_is_weighed_as_well() -> None:
    base = compiled(EVERYTHING)
    kyc = replace(base.retention["kyc"], until="invoice.year_ended")
    children = replace(base.duties.age, guardian=False)  # type: ignore[type-var]
    silent = replace(base.duties, age=None, breach=None, archive=None)
    order = replace(base.forms["signup"], fields=base.forms["signup"].fields[::-1])

    assert both_ways("retain kyc", retention={**base.retention, "kyc": kyc}) == [{"longer_storage"}] * 2
    assert both_ways("age", duties=replace(base.duties, age=children)) == [{"stronger_protection"}, {"weaker_protection"}]
    assert both_ways("age", duties=silent) == [{"weaker_protection"}, {"stronger_protection"}]
    assert both_ways("breach", duties=silent) == [{"weaker_protection"}, {"stronger_protection"}]
    assert both_ways("archive", duties=silent) == [{"shorter_storage"}, {"longer_storage"}]
    assert both_ways("form signup", forms={**base.forms, "signup": order}) == [{"order"}] * 2
    assert both_ways("order", clauses=base.clauses[::-1]) == [{"order"}] * 2
    assert changes_between(base, replace(base, clauses=base.clauses[::-1], digest="0" * 64)) == (
        Change("scope", "changed", "order", ClauseId("EV-21"), material=False, why="order"),
    )
    assert changes_between(base, replace(base, digest="0" * 64)) == (
        Change("scope", "changed", "notation", ClauseId("EV-1"), material=False, why="notation"),
    )
    assert both_ways("support_note", duties=replace(base.duties, support_note=False)) == [{"weaker_protection"}, {"stronger_protection"}]
    assert both_ways("retain archive", retention={k: v for k, v in base.retention.items() if k != "archive"}) == [
        {"shorter_storage"},
        {"longer_storage"},
    ]


def test_the_archive_has_a_kind_of_its_own() -> None:
    base = compiled(EVERYTHING)
    rules = {name: rule for name, rule in base.retention.items() if name != "archive"}
    without = replace(base, retention=rules, digest="0" * 64)

    for found in (*changes_between(base, without), *between("plus: P1Y\n", "plus: P2Y\n")):
        assert (found.kind, found.thing, found.clause) == ("archive", "retain archive", "EV-7")


def test_a_promise_that_becomes_a_sentence_is_weaker() -> None:
    base = compiled(EVERYTHING)
    first, *rest = base.clauses
    prose = replace(first, kind="prose", keep={})

    assert both_ways("kind EV-1", clauses=(prose, *rest)) == [{"weaker_protection"}, {"stronger_protection"}]
    assert both_ways("keep EV-1", clauses=(prose, *rest)) == [{"reworded"}] * 2
    assert both_ways("kind EV-1", clauses=(replace(first, kind="use"), *rest)) == [{"moved"}] * 2


def test_a_language_less_is_material_and_one_more_is_not() -> None:
    base = compiled(SMALL)
    turned = replace(base, languages=("vi", "en"), digest="0" * 64)

    assert changes_between(base, turned) == (
        Change("scope", "changed", "authoritative", ClauseId("TH-1"), material=True, why="other_language"),
    )
    assert {(e.thing, e.why) for e in changes_between(base, replace(base, languages=("en",), digest="0" * 64))} == {
        ("language vi", "fewer_languages")
    }


def test_a_category_in_another_class_with_the_same_rule_has_only_moved() -> None:
    base = compiled(EVERYTHING)
    moved = replace(base.categories[CategoryId("company")], keep_class="security")
    rules = {**base.retention, "security": replace(base.retention["account"], keep_class="security")}
    old = replace(base, retention=rules, digest="1" * 64)
    new = replace(old, categories={**base.categories, CategoryId("company"): moved}, digest="2" * 64)

    assert [(e.thing, e.why) for e in changes_between(old, new)] == [("class company", "moved")]


def test_a_fact_on_keeping_is_answered_by_some_rule_even_without_accounts() -> None:
    base = compiled(EVERYTHING)
    kept = {name: rule for name, rule in base.retention.items() if name == "session"}
    old = replace(base, retention=kept, digest="1" * 64)
    new = replace(old, facts=replace(base.facts, keep={"en": "x", "vi": "y"}), digest="2" * 64)

    assert [(e.thing, e.clause) for e in changes_between(old, new)] == [("fact keep", "EV-6")]


def test_weighing_tells_wording_from_the_rest() -> None:
    words = changed("Links lead elsewhere.", "Links lead to others.", base=EVERYTHING)
    rules = changed("minimum: 18", "minimum: 17", base=words)
    base = compiled(EVERYTHING)

    spelling, both = weigh(base, compiled(words)), weigh(base, compiled(rules))

    assert (spelling.material, spelling.beyond_wording) == (True, False)
    assert spelling.reworded == both.reworded == ("EV-21",)
    assert (both.material, both.beyond_wording) == (True, True)
    assert both.reasons == ("weaker_protection", "reworded")


def test_another_brand_is_another_policy_altogether() -> None:
    found = changes_between(brand("vpsfast"), brand("vpn"))

    assert {"new_clause", "removed_clause", "new_recipient", "other_controller"} <= {each.why for each in found}
    assert weigh(brand("vpsfast"), brand("vpn")).beyond_wording
