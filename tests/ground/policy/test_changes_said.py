"""Changes as people read them: grouped, in their language, with what was and what is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hostkeep.kernel.ids import ClauseId
from hostkeep.policy.changes import changes_between
from hostkeep.policy.render.changes import ChangeGroup, ChangeRow, Part, say_changes
from hostkeep.policy.render.things.whole import SAYERS, heading_of
from hostkeep.policy.vocabulary.terms import terms
from tests.ground.policy.clause_ids import CLAUSE_IDS
from tests.ground.policy.small import EVERYTHING, SMALL, brand, changed, compiled

LANGUAGES = ("en", "vi")


def said(old: str, new: str, language: str = "en") -> tuple[ChangeGroup, ...]:
    return say_changes(compiled(EVERYTHING), compiled(changed(old, new, base=EVERYTHING)), language)


def only(groups: tuple[ChangeGroup, ...]) -> ChangeRow:
    """The one row there is."""
    ((row,),) = (group.rows for group in groups)
    return row


def words(parts: tuple[Part, ...]) -> str:
    return "".join(text for text, _ in parts)


def marked(parts: tuple[Part, ...]) -> str:
    """The words that changed."""
    return "".join(text for text, new in parts if new).strip()


def test_new_words_are_marked_and_old_ones_struck() -> None:
    row = only(said("Links lead elsewhere.", "Links lead to other sites."))

    assert (row.heading, row.clause, row.what, row.material, row.why) == ("Wording", "EV-21", "changed", True, "new wording")
    assert (marked(row.old), marked(row.new)) == ("elsewhere", "to other sites")
    assert words(row.new) == "Links lead to other sites."


def test_a_rule_is_said_as_it_was_and_as_it_is() -> None:
    groups = said("plus: P14D, then: aggregate", "plus: P20D, then: aggregate", "vi")
    row = only(groups)

    assert groups[0].title == "Chúng tôi giữ trong bao lâu"
    assert groups[0].material
    assert row.heading == "Thời hạn giữ: Dữ liệu truy cập"
    assert (marked(row.old), marked(row.new)) == ("14", "20")
    assert row.why == "dữ liệu được giữ lâu hơn"


def test_collection_use_and_disclosure_come_first() -> None:
    groups = say_changes(brand("vpsfast"), brand("vps6"), "en")

    assert [group.kind for group in groups][:3] == ["collect", "use", "disclose"]
    assert len({group.kind for group in groups}) == len(groups) > 8


def test_readings_that_change_alike_share_a_row() -> None:
    row, _ = said("[ip], purposes: [diagnostics, site_administration], roles: [system, engineer]", "[ip, name, email], purposes: [diagnostics, site_administration], roles: [system, engineer]")[0].rows

    assert words(row.new) == "Name, E-mail address: The program, Engineers"
    assert row.heading == "Who reads it: Finding faults"


def test_what_a_reader_must_bring_is_said() -> None:
    row = next(
        row
        for group in said("roles: [abuse], needs: [reason, case]}\n    - {categories: [browser", "roles: [abuse], needs: [reason]}\n    - {categories: [browser")
        for row in group.rows
    )

    assert words(row.old) == "Network address, Name, E-mail address: Abuse desk, with a written reason, an open case"
    assert words(row.new) == "Network address, Name, E-mail address: Abuse desk, with a written reason"


def test_two_reasons_for_one_thing_stand_in_one_row() -> None:
    row = only(said("life: P7D, holds", "life: P8D, asked: true, holds"))

    assert row.material
    assert len(row.why.split("; ")) == 2


def test_a_new_name_is_seen_to_be_one() -> None:
    row = only(said("Stripe, who takes cards", "Cards Ltd"))

    assert marked(row.new).startswith("Cards Ltd")
    assert "Stripe" in words(row.old)


def test_a_rule_under_another_clause_shows_its_words_once() -> None:
    base = compiled(EVERYTHING)
    cap = replace(base.duties.cap, clause="EV-1")  # type: ignore[type-var]
    row = only(say_changes(base, replace(base, duties=replace(base.duties, cap=cap), digest="0" * 64), "en"))

    assert (words(row.old), words(row.new)) == ("", "4 in 30 days")
    assert row.why == "the same rule under another clause"


def test_another_notation_is_told_in_words() -> None:
    row = only(said("channels: [web, email, phone, chat, api, offline]", "channels: [offline, web, email, phone, chat, api]"))

    assert words(row.new) == "the same rules written in another way"
    assert not row.material


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_thing_that_can_change_has_a_noun_and_words(language: str) -> None:
    assert {*SAYERS, "use"} == set(terms("thing"))
    base = compiled(EVERYTHING)
    for slug in CLAUSE_IDS:
        for old, new in ((base, brand(slug)), (brand(slug), base)):
            rows = [row for group in say_changes(old, new, language) for row in group.rows]
            told = {heading_of(each.thing, "", language) for each in changes_between(old, new)}
            assert {row.heading.partition(":")[0] for row in rows} == told
            assert all(row.old or row.new for row in rows)
            assert all(not row.old for row in rows if row.what == "added")
            assert all(not row.new for row in rows if row.what == "removed")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("base", [SMALL, EVERYTHING])
def test_what_a_version_does_not_have_is_not_said(base: str, language: str) -> None:
    policy = compiled(base)
    names = {"field": "signup/nothing", "statement": "nothing/x", "choice": "signup/x", "closes": "use", "fact": "ask", "class": "nothing"}

    for sort, sayer in SAYERS.items():
        name, told = sayer(policy, names.get(sort, "nothing"), language)
        assert told or not name or sort in {"closes"}


def test_what_a_policy_leaves_unsaid_is_said_to_be() -> None:
    base = compiled(EVERYTHING)
    bare: Any = replace(
        base.duties, backups=None, first_reply=None, grant_longest=None, smallest_group=0, review_links=False, support_note=False, department=""
    )
    rows = {row.heading: words(row.new) for group in say_changes(base, replace(base, duties=bare, digest="0" * 64), "en") for row in group.rows}

    assert rows["Gone from backups after"] == rows["First reply aimed at within"] == rows["Smallest group shown"] == "no limit stated"
    assert rows["A note of what was done"] == "no"
    assert rows["Contact page leads to"] == ""


def test_a_breach_that_is_no_longer_told_shows_what_was_promised() -> None:
    base = compiled(EVERYTHING)
    silent = replace(base, duties=replace(base.duties, breach=None), digest="0" * 64)
    row = only(say_changes(base, silent, "en"))

    assert (row.what, row.material, row.heading) == ("removed", True, "A breach is told within")
    assert (words(row.old), words(row.new)) == ("the authority: 3 days; the people concerned: 3 days", "")


def test_a_promise_that_nobody_receives_anything_is_said_with_a_yes_and_a_no() -> None:
    base = compiled(EVERYTHING)
    alone = replace(base, duties=replace(base.duties, nobody=ClauseId("EV-5")), digest="0" * 64)
    there, back = only(say_changes(base, alone, "vi")), only(say_changes(alone, base, "en"))

    assert (words(there.old), words(there.new)) == ("", "có")
    assert (words(back.old), words(back.new)) == ("yes", "")


def test_a_language_that_comes_or_goes_is_called_by_its_code() -> None:
    base = compiled(EVERYTHING)
    fewer = replace(base, languages=("en",), digest="0" * 64)
    row = next(row for group in say_changes(base, fewer, "en") for row in group.rows)

    assert SAYERS["language"](base, "vi", "en") == ("", "vi")
    assert SAYERS["language"](fewer, "vi", "en") == ("", "")
    assert (words(row.old), words(row.new)) == ("vi", "")


def test_a_kind_and_another_notation_are_said_without_a_name() -> None:
    assert SAYERS["kind"](compiled(EVERYTHING), "EV-1", "en") == ("", "What this covers")
    assert SAYERS["notation"](compiled(EVERYTHING), "", "en") == ("", "the same rules written in another way")


def test_a_department_of_two_words_is_said_in_two_words() -> None:
    row = only(said("department: privacy", "department: data_protection"))

    assert words(row.new) == "data protection"


def test_a_category_that_is_kept_otherwise_says_how_long() -> None:
    row = next(row for group in said("company: {}", "company: {class: fiscal}") for row in group.rows)

    assert row.heading == "Kept as: Company"
    assert words(row.old).startswith("Account data: 7 days after the account is closed; archived")
    assert words(row.new).startswith("Invoices and payments: 7 years and 2 days after the invoice's year; erased")


def test_the_age_says_whether_a_parent_may_stand_in() -> None:
    row = next(row for group in said("minimum: 18", "minimum: 17") for row in group.rows)

    assert words(row.new) == "at least 17 years; a parent may hold the account for a child"


def test_words_that_changed_in_another_language_alone_name_it() -> None:
    row = only(said("Links lead elsewhere.", "Links lead to other sites.", "vi"))

    assert row.heading == "Lời văn (tiếng Anh)"
    assert (words(row.old), words(row.new)) == ("Links lead elsewhere.", "Links lead to other sites.")


def test_a_purpose_is_headed_by_its_name_and_told_by_its_ground() -> None:
    row = next(row for group in said("remember: consent", "remember: contract") for row in group.rows if row.heading.startswith("Purpose"))

    assert row.heading == "Purpose: Remembering you"
    assert (words(row.old), words(row.new)) == ("your consent", "contract")
    assert row.why == "the legal ground is weaker for you"
