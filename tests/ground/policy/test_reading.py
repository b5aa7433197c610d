"""The harmless part of YAML is read; the rest is refused with a line."""

from __future__ import annotations

from copy import deepcopy
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hostkeep.policy.compile import check_policy, compile_policy
from hostkeep.policy.errors import PolicyError
from hostkeep.policy.reading import LARGEST_FILE, read_source
from tests.ground.policy.small import SMALL, problems

REFUSED = [
    ("a: 1\nb:\t2\n", 2, "tab"),
    ("a: 1\na: 2\n", 2, "twice"),
    ("a: 1\nb: &x 2\n", 2, "anchor"),
    ("a: 1\nb: &x [2]\n", 2, "anchor"),
    ("a: &x 1\nb: *x\n", 2, "alias"),
    ("a: !!str 1\n", 1, "tag"),
    ("a: !!python/object/apply:os.system [x]\n", 1, "tag"),
    ("a: 1.5\n", 1, "1.5"),
    ("a: 1e3\n", 1, "1e3"),
    ("a: 0x10\n", 1, "0x10"),
    ("a: .inf\n", 1, ".inf"),
    ("a: 007\n", 1, "007"),
    ("a: 2026-01-01\n", 1, "2026-01-01"),
    ("a: 99999999999999999999\n", 1, "99999999999999999999"),
    ("a: 9007199254740993\n", 1, "9007199254740993"),
    ("a: 1\n---\nb: 2\n", 2, "second document"),
    ("%YAML 1.1\n---\na: 1\n", 2, "directive"),
    ("%TAG !x! tag:x\n---\na: 1\n", 2, "directive"),
    ("- a\n", 1, "no map"),
    ("", 1, "no map"),
    ("a: [1\n", 1, "not readable"),
    ("a: 'x\n", 1, "not readable"),
    ("a: 1\nb: \x07\n", 2, "character"),
    ("? [a]\n: b\n", 1, "no text"),
    ("? {a: b}\n: c\n", 1, "no text"),
    ("1: b\n", 1, "no text"),
    ("null: b\n", 1, "no text"),
    ('a: "\\ud800"\n', 1, "half a character"),
    ("a: " + "[" * 40 + "]" * 40, 1, "deeper"),
    ("? " * 300 + "a", 1, "deeper"),
    ("[" * 10_000, 1, "deeper"),
    ("{" * 5_000, 1, "deeper"),
    ("a" * (LARGEST_FILE + 1), 1, "bytes"),
    ("a: \ud800", 1, "UTF-8"),
]


@pytest.mark.parametrize(("text", "line", "says"), REFUSED, ids=[f"{n}" for n in range(len(REFUSED))])
def test_what_is_no_plain_yaml_is_refused(text: str, line: int, says: str) -> None:
    found = check_policy(text, file="p.yaml")

    assert any(says in each.says for each in found)
    assert all(each.instead and each.file == "p.yaml" for each in found)
    assert min(each.line for each in found if says in each.says) >= line


def test_a_bomb_of_aliases_does_not_unfold() -> None:
    bomb = "a: &a [x]\n" + "".join(
        f"{b}: &{b} [*{a}, *{a}, *{a}]\n" for a, b in pairwise("abcdefghijklmnopqrstuvw")
    )

    with pytest.raises(PolicyError) as error:
        read_source(bomb, file="p.yaml")

    assert any("alias" in each.says for each in error.value.problems)


def test_words_stay_words() -> None:
    desk = read_source(
        'a: yes\nb: no\nc: on\nd: true\ne: 12\nf: "12"\ng: ~\nh: -3\ni: 10:30\nj: P30D\n', file="p"
    )

    assert desk.data == {
        "a": "yes",
        "b": "no",
        "c": "on",
        "d": True,
        "e": 12,
        "f": "12",
        "g": None,
        "h": -3,
        "i": "10:30",
        "j": "P30D",
    }


def test_a_mark_of_the_byte_order_is_no_part_of_the_text() -> None:
    assert read_source("\ufeffa: 1\n", file="p").data == {"a": 1}


def test_half_a_character_is_told_at_the_first_line() -> None:
    with pytest.raises(PolicyError) as error:
        read_source("a: 1\nb: \ud800\n", file="p")

    assert [(each.line, each.says) for each in error.value.problems] == [(1, "The file is no proper UTF-8 text.")]


def test_every_line_is_known() -> None:
    desk = read_source("a:\n  b: 1\n  c:\n  - x\n  - y\n", file="p")

    assert [desk.line(at) for at in [("a",), ("a", "b"), ("a", "c", 1), ("a", "c", 1, "z"), ("q",)]] == [
        1,
        2,
        5,
        5,
        1,
    ]


def test_all_problems_come_at_once() -> None:
    broken = SMALL.replace("secrets: once", "secrets: twice").replace("mode: mail", "mode: shout")

    found = problems(broken)

    assert [each.clause for each in found] == ["", "TH-4"]
    with pytest.raises(PolicyError) as error:
        compile_policy(broken, file="policy.yaml")
    assert str(error.value).count("\n") == 1
    assert error.value.facts["count"] == 2


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        compile_policy(text, file="p")
    except PolicyError as error:
        assert error.problems


@settings(max_examples=40, deadline=None)
@given(st.integers(0, len(SMALL)), st.integers(0, 40), st.text(max_size=8))
def test_any_damage_is_read_or_refused(start: int, length: int, put: str) -> None:
    try:
        compile_policy(SMALL[:start] + put + SMALL[start + length :], file="p")
    except PolicyError as error:
        assert all(each.line >= 1 and each.says for each in error.problems)


def test_what_was_read_is_kept_and_nobody_who_reads_it_again_finds_it_changed() -> None:
    for policy in sorted(Path("brands").glob("*/policy.yaml")):
        text, name = policy.read_text(encoding="utf-8"), str(policy)
        first = read_source(text, file=name)
        before, lines = deepcopy(first.data), dict(first.lines)
        check_policy(text, file=name)
        compiled = compile_policy(text, file=name)
        again = read_source(text, file=name)
        assert again is not first
        assert again.data is first.data
        assert (again.data, dict(again.lines)) == (before, lines)
        assert again.problems == {}
        assert compile_policy(text, file=name) == compiled


def test_what_was_wrong_is_told_again_of_the_file_it_was_read_from() -> None:
    for name in ("one.yaml", "two.yaml", "one.yaml"):
        with pytest.raises(PolicyError) as refused:
            read_source("a: 1\na: 2\n", file=name)
        assert [(each.file, each.line) for each in refused.value.problems] == [(name, 2)]
