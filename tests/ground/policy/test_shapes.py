"""The small checks that the grammar is made of, each by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hostkeep.policy.desk import Desk
from hostkeep.policy.language import languages_of, places_of, word, words
from hostkeep.policy.shapes import (
    BAD,
    LONGEST_LIST,
    LONGEST_TEXT,
    PLACE,
    Check,
    Keys,
    by_name,
    duration,
    flag,
    line_of_text,
    listed,
    many,
    near,
    one_of,
    pattern,
    text,
    text_schema,
    whole,
)


def desk_of(*languages: str) -> Desk:
    desk = Desk("p.yaml", {}, {(): 1, ("a",): 2, ("a", "b"): 3})
    desk.languages = languages or ("en",)
    return desk


def tried(check: Check, value: Any, *languages: str) -> tuple[Any, list[tuple[int, str, str]]]:
    """What a check makes of a value at ("a",), and what it says."""
    desk = desk_of(*languages)
    clean = check(desk, ("a",), value)
    return clean, [(each.line, each.says, each.instead) for each in desk.problems]


COLOUR = one_of(("red", "green"), "colour")


def test_one_of() -> None:
    assert tried(one_of(("red", "green"), "colour"), "red") == ("red", [])
    assert tried(one_of(("red", "green"), "colour"), "reed") == (
        BAD,
        [(2, "There is no colour `reed`.", "Did you mean `red`?")],
    )
    assert tried(one_of(("red", "green"), "colour"), "blue") == (
        BAD,
        [(2, "There is no colour `blue`.", "Write one of: red, green.")],
    )
    for other in (3, None, ["red"], {"red": 1}, True):
        assert tried(one_of(("red", "green"), "colour"), other) == (
            BAD,
            [(2, "Here stands no colour.", "Write one of: red, green.")],
        )


def test_near_and_listed() -> None:
    assert listed(["a", "b"]) == "a, b"
    assert listed([]) == ""
    assert near("acount", {"account": 1, "amount": 2}) == "Did you mean `account`?"
    assert near("zzz", ("account",)) == "Write one of: account."


def test_pattern() -> None:
    code = pattern(r"[a-z]{2}\d", "code", "ab1")
    assert tried(code, "xy9") == ("xy9", [])
    for other in ("xy9x", "axy9", "XY9", "xy٣", 3, None, ["xy9"]):
        assert tried(code, other) == (BAD, [(2, "Here stands no code.", "Write it like `ab1`.")])


def test_line_of_text() -> None:
    assert tried(line_of_text, "  a \n b  ") == ("a b", [])
    assert tried(line_of_text, "x" * LONGEST_TEXT) == ("x" * LONGEST_TEXT, [])
    told = [(2, "Here stands no text.", "Write a text of 1 to 4000 characters.")]
    for other in ("x" * (LONGEST_TEXT + 1), "", "  \n", 3, None, ["x"], True):
        assert tried(line_of_text, other) == (BAD, told)


def test_text_in_every_language() -> None:
    assert tried(text, {"en": "a", "vi": " b "}, "en", "vi") == ({"en": "a", "vi": "b"}, [])
    assert tried(text, "a", "en", "vi") == (
        BAD,
        [(2, "Here stands no text by language.", 'Write {en: "...", vi: "..."}.')],
    )
    assert tried(text, {"en": "a"}, "en", "vi") == (
        BAD,
        [(2, "The text has no `vi`.", 'Write {en: "...", vi: "..."}.')],
    )
    assert tried(text, {"vi": "a"}, "en", "vi")[1] == [
        (2, "The text has no `en`.", 'Write {en: "...", vi: "..."}.')
    ]
    assert tried(text, {"en": "a", "fr": "b"}) == (
        {"en": "a"},
        [(2, "`fr` is no language of the policy.", "Name it under `languages`.")],
    )
    clean, told = tried(text, {"en": "a", "vi": 3}, "en", "vi")
    assert clean is BAD
    assert [says for _, says, _ in told] == ["Here stands no text."]


def test_flag() -> None:
    assert tried(flag, True) == (True, [])
    assert tried(flag, False) == (False, [])
    for other in (0, 1, "true", None, []):
        assert tried(flag, other) == (
            BAD,
            [(2, "Here stands neither `true` nor `false`.", "Write `true` or `false`.")],
        )


def test_whole() -> None:
    for good in (2, 3, 5):
        assert tried(whole(2, 5), good) == (good, [])
    for bad in (1, 6, True, "3", 3.0, None):
        assert tried(whole(2, 5), bad) == (
            BAD,
            [(2, "Here stands no fitting number.", "Write a whole number from 2 to 5.")],
        )
    assert tried(whole(0, 1), True)[0] is BAD
    assert tried(whole(0, 1), False)[0] is BAD


def test_duration() -> None:
    assert tried(duration, "P2D") == (timedelta(days=2), [])
    assert tried(duration, "P0D") == (timedelta(0), [])
    for other in ("P1M", "2 days", "", 3, None):
        assert tried(duration, other) == (
            BAD,
            [(2, "Here stands no duration.", "Write it like `P30D`, `PT20M`, `P2Y`; there are no months.")],
        )


def test_many() -> None:
    colours = many(one_of(("red", "green"), "colour"), least=1)
    assert tried(colours, ["red", "green"]) == (("red", "green"), [])
    assert tried(many(one_of(("red",), "colour")), []) == ((), [])
    assert tried(colours, []) == (
        BAD,
        [(2, "This list is too short or too long.", "Give it 1 to 500 entries.")],
    )
    assert tried(colours, "red") == (BAD, [(2, "Here stands no list.", "Write `[one, two]`.")])
    assert tried(colours, ["red", "red"]) == (
        ("red",),
        [(2, "`red` stands in this list twice.", "Take one out.")],
    )
    clean, told = tried(colours, ["blue", "red"])
    assert (clean, [says for _, says, _ in told]) == (("red",), ["There is no colour `blue`."])
    numbers = many(whole(0, 1000))
    assert len(tried(numbers, list(range(LONGEST_LIST)))[0]) == LONGEST_LIST
    assert tried(numbers, list(range(LONGEST_LIST + 1)))[0] is BAD
    assert tried(many(whole(0, 9), least=2), [1])[0] is BAD
    assert tried(many(whole(0, 9), least=2), [1, 2])[0] == (1, 2)


def test_the_place_of_an_entry_is_told() -> None:
    desk = Desk("p", {}, {(): 1, ("a",): 2, ("a", 0): 3, ("a", 1): 4, ("a", "k"): 5})
    many(one_of(("red",), "colour"))(desk, ("a",), ["red", "blue"])
    many(one_of(("red",), "colour"))(desk, ("a",), ["red", "red"])
    by_name(one_of(("x",), "name"), whole(1, 2))(desk, ("a",), {"k": 1})
    by_name(one_of(("k",), "name"), whole(1, 2))(desk, ("a",), {"k": 3})
    Keys({"k": whole(1, 2)})(desk, ("a",), {"k": 3})
    Keys({})(desk, ("a",), {"k": 3})

    assert [each.line for each in desk.problems] == [4, 4, 5, 5, 5]


def test_by_name() -> None:
    ages = by_name(pattern(r"[a-z]+", "name", "ann"), whole(0, 9))
    assert tried(ages, {"ann": 3, "bob": 4}) == ({"ann": 3, "bob": 4}, [])
    assert tried(ages, {}) == ({}, [])
    assert tried(ages, ["ann"]) == (
        BAD,
        [(2, "Here stands no map.", "Write `name: value` lines, or `{}` for none.")],
    )
    clean, told = tried(ages, {"Ann": 3, "bob": 10, "cid": 5})
    assert clean == {"cid": 5}
    assert [says for _, says, _ in told] == ["Here stands no name.", "Here stands no fitting number."]


def test_keys() -> None:
    person = Keys({"name": line_of_text}, {"age": whole(0, 9)})
    assert tried(person, {"name": "ann", "age": 3}) == ({PLACE: ("a",), "name": "ann", "age": 3}, [])
    assert tried(person, {"name": "ann"}) == ({PLACE: ("a",), "name": "ann"}, [])
    assert tried(person, {"age": 3}) == (BAD, [(2, "The key `name` is missing.", "Add it.")])
    assert tried(person, {"name": "ann", "agee": 3}) == (
        {PLACE: ("a",), "name": "ann"},
        [(2, "There is no key `agee` here.", "Did you mean `age`?")],
    )
    assert tried(person, 3) == (BAD, [(2, "Here stands no map.", "Write a map with: name, age.")])
    clean, told = tried(person, {"name": "ann", "age": 10})
    assert clean == {PLACE: ("a",), "name": "ann"}
    assert [says for _, says, _ in told] == ["Here stands no fitting number."]
    assert person.parts(desk_of(), ("a",), {"age": 3}) == {PLACE: ("a",), "age": 3}
    assert person.parts(desk_of(), ("a",), 3) == {}


def test_words_of_the_vocabulary() -> None:
    assert tried(word("recipient_basis"), "wish") == ("wish", [])
    assert tried(word("recipient_basis"), "wishes")[1] == [
        (2, "There is no recipient basis `wishes`.", "Did you mean `wish`?")
    ]
    assert tried(words("role"), []) == ((), [])
    assert tried(words("role", least=1), [])[0] is BAD
    assert tried(words("role"), ["support", "owner"]) == (("support", "owner"), [])


@pytest.mark.parametrize(
    ("data", "languages"),
    [
        ({"policy": {"languages": {"authoritative": "vi", "also": ["en"]}}}, ("vi", "en")),
        ({"policy": {"languages": {"authoritative": "en"}}}, ("en",)),
        ({"policy": {"languages": {"authoritative": "en", "also": ["en", 3, "vi"]}}}, ("en", "vi")),
        ({"policy": {"languages": {"authoritative": 3}}}, ("en",)),
        ({"policy": {"languages": {}}}, ("en",)),
        ({"policy": {"languages": ["en"]}}, ("en",)),
        ({"policy": None}, ("en",)),
        ({}, ("en",)),
        ([], ("en",)),
        ({"policy": {"languages": {"authoritative": "vi", "also": 3}}}, ("en",)),
    ],
)
def test_the_languages_of_a_file(data: Any, languages: tuple[str, ...]) -> None:
    assert languages_of(data) == languages


@pytest.mark.parametrize(
    ("data", "places"),
    [
        ({"policy": {"jurisdictions": ["vn", "eu"]}}, ("eu", "vn")),
        ({"policy": {"jurisdictions": ["mars", "us"]}}, ("us",)),
        ({"policy": {"jurisdictions": "eu"}}, ()),
        ({"policy": {"jurisdictions": []}}, ()),
        ({"policy": {}}, ()),
        ({"policy": 3}, ()),
        ({}, ()),
        ([], ()),
    ],
)
def test_the_places_of_a_file(data: Any, places: tuple[str, ...]) -> None:
    assert places_of(data) == places


def test_a_desk_knows_its_lines_and_clauses() -> None:
    data = {"clauses": [{"id": "AB-1"}, {"id": 3}, 7, {}]}
    desk = Desk("p.yaml", data, {(): 1, ("clauses",): 4, ("clauses", 0): 5, ("clauses", 0, "id"): 6})

    assert [
        desk.line(at) for at in [("clauses", 0, "id"), ("clauses", 0, "x", 2), ("clauses", 9), ("y",)]
    ] == [6, 5, 4, 1]
    assert Desk("p", {}, {}).line(("a", "b")) == 1
    assert [desk.clause(("clauses", n, "x")) for n in range(4)] == ["AB-1", "", "", ""]
    assert (desk.clause(("policy",)), desk.clause(("clauses",)), desk.clause(())) == ("", "", "")
    assert (desk.places, desk.installed, desk.languages) == ((), (), ("en",))
    assert not desk.refuses()
    desk.say(("clauses", 0), "Weak.", rule="lint.group.small")
    assert not desk.refuses()
    desk.say(("clauses", 0), "Bad.", "Good.")
    desk.say(("clauses", 0), "Bad.", "Good.")
    assert desk.refuses()
    assert [str(each) for each in desk.problems] == [
        "p.yaml:5: weak: AB-1: Weak.",
        "p.yaml:5: cannot_run: AB-1: Bad. Good.",
    ]


def test_a_check_says_of_itself_what_it_takes() -> None:
    name, age = pattern(r"[a-z]+", "name", "ann"), whole(0, 9)
    person = Keys({"name": name}, {"age": age}).schema

    assert person["type"] == "object"
    assert person["required"] == ["name"]
    assert person["additionalProperties"] is False
    assert set(person["properties"]) == {"name", "age"}
    assert by_name(name, age).schema == {
        "type": "object",
        "propertyNames": name.schema,
        "additionalProperties": age.schema,
    }
    known = by_name(one_of(("red", "green"), "colour", {"red": "Red", "green": "Green"}), age).schema
    assert known == {
        "type": "object",
        "properties": {
            "red": {"description": "Red", "allOf": [age.schema]},
            "green": {"description": "Green", "allOf": [age.schema]},
        },
        "additionalProperties": False,
    }
    assert text_schema(9) == {
        "title": "text by language",
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"pattern": "^[a-z]{2}$"},
        "additionalProperties": {**line_of_text.schema, "maxLength": 9},
    }
