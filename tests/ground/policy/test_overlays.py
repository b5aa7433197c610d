"""The law of a place only tightens: it permits nothing, keeps nothing longer, weakens no right."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hostkeep.kernel.ids import CategoryId, ClauseId, PurposeId
from hostkeep.policy.book import Cookie, Policy
from hostkeep.policy.compile import compile_policy
from hostkeep.policy.decide import Ask, decide
from hostkeep.policy.overlays import eu, us, vn
from hostkeep.policy.overlays.applying import OVERLAYS, tightened
from hostkeep.policy.tightening import Law
from tests.ground.policy.clause_ids import CLAUSE_IDS
from tests.ground.policy.small import EVERYTHING, ROOT, SMALL, changed

DAY = timedelta(days=1)
LOUDER = ("off", "on", "always")
FILES = ("everything", "small", *sorted(CLAUSE_IDS))
PLACES = tuple(OVERLAYS)


@cache
def bare(name: str) -> Policy:
    """A policy as its file says, before any law."""
    texts = {"everything": EVERYTHING, "small": SMALL}
    text = texts.get(name) or (ROOT / "brands" / name / "policy.yaml").read_text(encoding="utf-8")
    line = next(each for each in text.split("\n") if each.startswith("  jurisdictions: "))
    return compile_policy(changed(line, "  jurisdictions: []", base=text), file=name)


def under(policy: Policy, *places: str) -> Policy:
    """The policy under the law of some places."""
    return tightened(replace(policy, jurisdictions=places))


def notes(policy: Policy) -> dict[str, tuple[ClauseId, str, str]]:
    """What was tightened: the clause, the English words and the English name of the law."""
    return {each.thing: (each.clause, each.what["en"], each.law["en"]) for each in policy.tightened}


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(FILES), st.lists(st.sampled_from(PLACES), unique=True))
def test_an_overlay_only_tightens(name: str, places: list[str]) -> None:
    loose, strict = bare(name), under(bare(name), *places)

    assert set(strict.table) <= set(loose.table)
    for question, cell in strict.table.items():
        assert cell.needs >= loose.table[question].needs
        assert cell.clause == loose.table[question].clause
    for keep_class, rule in strict.retention.items():
        assert rule.plus + rule.hold <= loose.retention[keep_class].plus + loose.retention[keep_class].hold
    assert set(strict.retention) == set(loose.retention)
    assert strict.notice.period >= loose.notice.period
    assert set(strict.recipients) <= set(loose.recipients)
    assert set(strict.duties.rights) >= set(loose.duties.rights)
    for right, given_ in loose.duties.rights.items():
        now = strict.duties.rights[right]
        assert now.how == given_.how
        assert (now.within or timedelta.max) <= (given_.within or timedelta.max)
        assert (now.acknowledge or timedelta.max) <= (given_.acknowledge or timedelta.max)
    for cookie, entry in loose.cookies.items():
        assert strict.cookies[cookie] == replace(entry, asked=entry.asked or strict.cookies[cookie].asked)
    assert set(strict.cookies) == set(loose.cookies)
    for stream, sent in loose.streams.items():
        assert LOUDER.index(strict.streams[stream].default) <= LOUDER.index(sent.default)
    for form, asks in loose.forms.items():
        assert strict.forms[form].fields == asks.fields
        pairs = zip(strict.forms[form].choices, asks.choices, strict=True)
        assert all(now.ticked <= before.ticked for now, before in pairs)
    assert (strict.digest, strict.categories) == (loose.digest, loose.categories)


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(FILES), st.lists(st.sampled_from(PLACES), unique=True))
def test_what_was_tightened_is_told_and_nothing_else(name: str, places: list[str]) -> None:
    loose, strict = bare(name), under(bare(name), *places)

    assert bool(strict.tightened) == (strict != replace(loose, jurisdictions=tuple(places)))
    things = [each.thing for each in strict.tightened]
    assert len(things) == len(set(things))
    for each in strict.tightened:
        assert set(each.what) == set(each.law) == {"en", "vi"}
        assert "{" not in each.what["en"] + each.what["vi"]
        assert each.source
    again = tightened(strict)
    assert replace(again, tightened=()) == replace(strict, tightened=())
    assert again.tightened == ()


@settings(deadline=None, max_examples=30)
@given(st.sampled_from(FILES), st.lists(st.sampled_from(PLACES), unique=True), st.sampled_from(PLACES))
def test_more_law_is_never_less_strict(name: str, places: list[str], more: str) -> None:
    few, many = under(bare(name), *places), under(bare(name), *places, more)

    assert all(many.table[question].needs >= cell.needs for question, cell in few.table.items())
    for right, given_ in few.duties.rights.items():
        assert (many.duties.rights[right].within or timedelta.max) <= (given_.within or timedelta.max)


def test_the_order_of_places_changes_nothing() -> None:
    one, other = (
        under(bare("everything"), "eu", "vn", "us-ca"),
        under(bare("everything"), "us-ca", "vn", "eu"),
    )

    assert one.tightened == other.tightened
    assert one.duties == other.duties


def test_where_no_law_asks_nothing_is_touched() -> None:
    assert under(bare("vpn")) == bare("vpn")
    assert bare("vpn").tightened == ()


def test_the_european_union_answers_within_a_month_and_adds_rights() -> None:
    policy = under(bare("small"), "eu")
    rights = policy.duties.rights

    assert {name: right.within for name, right in rights.items()} == dict.fromkeys(
        ("access", "correct", "erase", "export", "restrict", "object"), 28 * DAY
    )
    assert (rights["object"].how, rights["object"].mailbox) == ("mail", "privacy@tinyhost.example")
    assert rights["restrict"].clause == "TH-2"
    assert notes(policy) == {
        "right.restrict.given": ("TH-2", "Have it held: a right you have here too", "GDPR art. 18"),
        "right.object.given": ("TH-2", "Object: a right you have here too", "GDPR art. 21"),
        "right.access.within": ("TH-2", "See your data: answered within 28 days", "GDPR art. 12(3)"),
        "right.correct.within": ("TH-2", "Correct it: answered within 28 days", "GDPR art. 12(3)"),
        "right.erase.within": ("TH-2", "Have it erased: answered within 28 days", "GDPR art. 12(3)"),
        "right.export.within": ("TH-2", "Take it with you: answered within 28 days", "GDPR art. 12(3)"),
        "breach.authority": ("", "A breach is reported to the authority within 3 days", "GDPR art. 33(1)"),
    }
    assert policy.tightened[0].what["vi"] == "Hạn chế xử lý: bạn cũng có quyền này"
    assert policy.tightened[0].law["vi"] == "GDPR điều 18"
    assert policy.tightened[0].source == "Regulation (EU) 2016/679, art. 18"
    assert policy.duties.breach is not None
    assert (policy.duties.breach.authority, policy.duties.breach.owners) == (3 * DAY, 3 * DAY)


def test_a_breach_reported_sooner_stays_sooner_and_a_later_one_is_hastened() -> None:
    duties = bare("everything").duties
    assert duties.breach is not None
    early = replace(bare("everything"), duties=replace(duties, breach=replace(duties.breach, authority=DAY)))
    late = replace(
        bare("everything"),
        duties=replace(duties, breach=replace(duties.breach, authority=4 * DAY, owners=9 * DAY)),
    )

    assert "breach.authority" not in notes(under(early, "eu", "vn"))
    now = under(late, "vn")
    assert now.duties.breach == replace(duties.breach, authority=3 * DAY, owners=9 * DAY)
    assert notes(now)["breach.authority"][0] == "EV-16"
    assert now.tightened[-1].source
    assert under(bare("everything"), "eu").duties.breach == duties.breach


def test_a_right_without_any_other_right_is_given_under_no_clause() -> None:
    none = replace(bare("small"), duties=replace(bare("small").duties, rights={}))

    assert {right.clause for right in under(none, "eu").duties.rights.values()} == {""}


def test_the_european_union_asks_before_cookies_that_are_not_essential() -> None:
    loose = bare("everything")
    plain = {name: replace(cookie, asked=False) for name, cookie in loose.cookies.items()}
    policy = under(replace(loose, cookies=plain), "eu")

    assert {name for name, cookie in policy.cookies.items() if not cookie.asked} == {
        "__Host-sid",
        "__Host-cart",
        "__Host-receipts",
    }
    assert notes(policy)["cookie.__Host-lang"] == (
        "EV-9",
        "The cookie __Host-lang waits for your yes",
        "ePrivacy Directive art. 5(3)",
    )
    assert {
        name
        for name, cookie in under(replace(loose, cookies=plain), "vn", "us").cookies.items()
        if cookie.asked
    } == set()


def test_vietnam_confirms_in_two_days_and_acts_in_its_own_times() -> None:
    policy = under(bare("everything"), "vn")
    rights = policy.duties.rights

    assert {name for name, right in rights.items() if right.acknowledge == 2 * DAY} == {
        "withdraw",
        "restrict",
        "object",
        "access",
        "correct",
        "erase",
    }
    assert {name: right.within for name, right in rights.items() if right.within != 28 * DAY} == {
        "access": 10 * DAY,
        "correct": 10 * DAY,
        "withdraw": 15 * DAY,
        "restrict": 15 * DAY,
        "object": 15 * DAY,
        "erase": 20 * DAY,
        "opt_out": None,
    }
    assert notes(policy)["right.erase.within"] == (
        "EV-14",
        "Have it erased: answered within 20 days",
        "Decree 356/2025/ND-CP",
    )
    assert (
        notes(policy)["right.withdraw.acknowledge"][1]
        == "Withdraw a consent: receipt confirmed within 2 days"
    )
    found = next(each for each in policy.tightened if each.thing == "right.withdraw.acknowledge")
    assert found.what["vi"] == "Rút lại sự đồng ý: xác nhận đã nhận trong vòng 2 ngày"


def test_vietnam_sends_no_advertising_before_a_yes() -> None:
    loose, policy = bare("everything"), under(bare("everything"), "vn")

    assert {name for name, stream in policy.streams.items() if stream.default == "on"} == {"announcements"}
    assert not any(choice.ticked for form in policy.forms.values() for choice in form.choices)
    assert {name for name, each in policy.purposes.items() if each.basis != loose.purposes[name].basis} == {
        "product_news",
        "site_news",
        "offers",
        "company_news",
    }
    ask = Ask(CategoryId("email"), PurposeId("offers"), "system")
    assert decide(loose, ask).allowed
    assert decide(policy, ask).why == "needs:consent"
    assert decide(policy, replace(ask, has=frozenset({"consent"}))).allowed
    assert decide(policy, replace(ask, purpose=PurposeId("announcements"))).allowed
    assert notes(policy)["stream.offers"] == (
        "EV-10",
        "Offers of ours: off until you choose it",
        "Decree 91/2020/ND-CP art. 13",
    )
    assert notes(policy)["choice.signup.offers"] == (
        "EV-10",
        "The box for Offers comes empty",
        "Law 91/2025/QH15 on personal data",
    )
    assert notes(policy)["purpose.offers"] == (
        "EV-2",
        "Offers: only with your consent",
        "Decree 91/2020/ND-CP art. 13",
    )
    assert "choice.signup.newsletter" not in notes(policy)


def test_a_label_in_a_third_language_stands_in_english_where_one_is_missing() -> None:
    loose = bare("everything")
    stream = replace(loose.streams["offers"], label={"en": "Deals"})
    policy = under(replace(loose, streams={**loose.streams, "offers": stream}), "vn")

    told = next(each for each in policy.tightened if each.thing == "stream.offers")
    assert told.what == {"en": "Deals: off until you choose it", "vi": "Deals: tắt cho đến khi bạn chọn"}


def test_the_united_states_stop_mail_in_ten_days_and_california_answers_in_45() -> None:
    loose = bare("everything")
    slow = {name: replace(right, within=60 * DAY) for name, right in loose.duties.rights.items()}
    loose = replace(loose, duties=replace(loose.duties, rights=slow))
    federal, california = under(loose, "us"), under(loose, "us-ca")

    assert notes(federal) == {
        "right.opt_out.within": (
            "EV-14",
            "Stop messages: answered within 10 days",
            "CAN-SPAM Act, 15 U.S.C. 7704(a)(4)",
        )
    }
    assert {name: right.within.days for name, right in california.duties.rights.items() if right.within} == {
        "access": 45,
        "correct": 45,
        "erase": 45,
        "export": 45,
        "opt_out": 10,
        "restrict": 60,
        "hand_over": 60,
        "object": 60,
        "withdraw": 60,
    }
    assert {
        name: right.acknowledge for name, right in california.duties.rights.items() if right.acknowledge
    } == {
        "access": 3 * DAY,
        "correct": 10 * DAY,
        "erase": 10 * DAY,
    }
    assert notes(california)["right.erase.acknowledge"][2] == "CCPA regulations 7021(a)"
    assert notes(california)["right.erase.within"][2] == "CCPA 1798.130(a)(2)"


def test_of_two_laws_the_stricter_is_named() -> None:
    policy = under(bare("small"), "eu", "vn", "us-ca")

    assert policy.duties.rights["access"].within == 10 * DAY
    assert notes(policy)["right.access.within"][2] == "Decree 356/2025/ND-CP"
    assert policy.duties.rights["export"].within == 28 * DAY
    assert notes(policy)["right.export.within"][2] == "GDPR art. 12(3)"


@pytest.mark.parametrize("law", [eu.COOKIES, vn.LAW, vn.DECREE, vn.SPAM, us.SPAM, us.CCPA, us.RECEIPT])
def test_each_law_has_a_name_in_both_languages_and_a_source(law: Law) -> None:
    assert set(law.name) == {"en", "vi"}
    assert law.source


def test_a_shipped_brand_is_under_the_law_of_its_places() -> None:
    text = (ROOT / "brands" / "vps6" / "policy.yaml").read_text(encoding="utf-8")
    policy = compile_policy(text, file="vps6")

    assert policy.jurisdictions == ("eu",)
    assert notes(policy)["right.erase.within"] == (
        "V6-11",
        "Have it erased: answered within 28 days",
        "GDPR art. 12(3)",
    )
    assert isinstance(policy.cookies["__Host-keep"], Cookie)


def test_where_no_clause_is_on_use_a_promotion_that_asks_first_stands_under_none() -> None:
    policy = under(replace(bare("everything"), closed_by={}), "vn")

    assert notes(policy)["purpose.offers"][0] == ""


def test_an_article_of_the_regulation_is_named_for_people_and_for_lawyers() -> None:
    assert eu.gdpr("12(3)") == Law(
        {"en": "GDPR art. 12(3)", "vi": "GDPR điều 12(3)"}, "Regulation (EU) 2016/679, art. 12(3)"
    )
