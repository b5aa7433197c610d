"""Whatever stands in the file, it is read or refused: at once, with a line, and without a stack trace."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise

import pytest

from hostkeep.policy.compile import check_policy, compile_policy
from hostkeep.policy.errors import PolicyError, Problem
from hostkeep.policy.reading import LARGEST_FILE, read_source, text_of
from tests.ground.policy.small import SMALL, changed, compiled, line_of

MEGABYTE = 1024 * 1024


def refusals(text: str) -> list[Problem]:
    """What refuses a text; each has a line and a remedy."""
    found = [each for each in check_policy(text, file="p.yaml") if each.level != "weak"]
    assert found
    assert all(each.line >= 1 and each.instead for each in found)
    with pytest.raises(PolicyError):
        compile_policy(text, file="p.yaml")
    return found


def said(text: str) -> set[str]:
    return {each.says for each in refusals(text)}


def peak_of(text: str) -> int:
    """The most memory that checking a text takes beside the text itself."""
    tracemalloc.start()
    refusals(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.parametrize("letter", ["x", "é", "[", "- ", "a: &a\n", "\t", "\0"])
def test_a_file_of_ten_megabytes_is_refused_before_it_is_read(letter: str) -> None:
    text = SMALL + letter * (10 * MEGABYTE // len(letter))

    assert peak_of(text) < MEGABYTE
    assert said(text) == {f"The file is larger than {LARGEST_FILE} bytes, which is the most."}


def test_the_largest_file_is_read_and_one_byte_more_is_not() -> None:
    full = SMALL + "#" * (LARGEST_FILE - len(SMALL.encode()))
    assert compile_policy(full, file="p").digest == compiled(SMALL).digest

    assert said(full + "#") == {f"The file is larger than {LARGEST_FILE} bytes, which is the most."}
    assert "larger than" in refusals("é" * (LARGEST_FILE // 2 + 1))[0].says


def test_bytes_are_not_decoded_where_they_are_too_many() -> None:
    assert text_of(b"a: b\n", file="p") == "a: b\n"
    assert len(text_of(b"x" * LARGEST_FILE, file="p")) == LARGEST_FILE
    with pytest.raises(PolicyError) as error:
        text_of(b"\xff" * (LARGEST_FILE + 1), file="big.yaml")
    assert str(error.value) == (
        f"big.yaml:1: cannot_run: The file is larger than {LARGEST_FILE} bytes, which is the most. Shorten it."
    )


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "cp1258", "latin-1", "shift_jis"])
def test_another_encoding_is_refused(encoding: str) -> None:
    data = "a: café\nb: ô\n".encode(encoding, errors="replace")

    try:
        text = text_of(data, file="p.yaml")
    except PolicyError as error:
        assert [each.says for each in error.problems] == ["The file is no proper UTF-8 text."]
        assert [each.instead for each in error.problems] == ["Save it as UTF-8."]
    else:
        assert refusals(text)


def test_the_line_of_a_wrong_byte_is_told() -> None:
    with pytest.raises(PolicyError) as error:
        text_of(b"a: 1\nb: 2\nc: \xff\nd: 3\n", file="p.yaml")

    assert [(each.file, each.line, each.rule) for each in error.value.problems] == [
        ("p.yaml", 3, "lint.yaml")
    ]


def test_a_mark_of_the_byte_order_and_other_line_ends_change_nothing() -> None:
    marked = text_of(b"\xef\xbb\xbf" + SMALL.encode(), file="p")

    assert marked == SMALL
    assert compiled("\ufeff" + SMALL).digest == compiled(SMALL).digest
    assert compiled(SMALL.replace("\n", "\r\n")).digest == compiled(SMALL).digest
    crlf = changed("  mode: mail", "  mode: post").replace("\n", "\r\n")
    assert refusals(crlf)[0].line == line_of("  mode: post", crlf)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        (" ", 1),
        ("\n\n", 1),
        ("# nothing\n", 1),
        ("---\n", 1),
        ("null\n", 1),
        ("- a\n- b\n", 1),
        ("word\n", 1),
        ("12\n", 1),
    ],
)
def test_what_is_no_map_is_refused(text: str, line: int) -> None:
    found = refusals(text)

    assert [(each.says, each.line) for each in found] == [("The file holds no map of keys.", line)]
    assert found[0].instead == "Begin it with `schema: hostkeep/1`."


@pytest.mark.parametrize("letter", ["\0", "\x07", "\x1b", "\x7f", "\ufffe", "\x85x\x00"])
def test_letters_that_are_none_are_refused(letter: str) -> None:
    assert refusals(changed("  brand: tinyhost", f"  brand: tiny{letter}host"))


def test_a_billion_laughs_are_not_laughed() -> None:
    bomb = "a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n" + "".join(
        f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in pairwise("abcdefghij")
    )

    assert peak_of(bomb) < MEGABYTE
    assert {"There is an anchor, &a.", "There is an alias here."} <= said(bomb)
    merge = "x: &x {a: 1}\ny:\n  <<: *x\n"
    assert said(merge) >= {"There is an alias here."}


def test_nesting_without_end_is_refused_at_its_depth() -> None:
    for opened, closed in (("[", "]"), ("{a: ", "}")):
        deep = "a: " + opened * 5_000 + closed * 5_000
        assert any("deeper than" in each for each in said(deep))
    stairs = "".join(f"{' ' * n}a:\n" for n in range(400))
    assert [each.line for each in refusals(stairs)] == [17]


def test_a_hundred_thousand_clauses_are_too_many() -> None:
    head = SMALL[: SMALL.index("clauses:")]
    many = "".join(f"- {{id: TH-{n}}}\n" for n in range(1, 100_001))
    assert refusals(f"{head}clauses:\n{many}")[0].says.startswith("The file is larger")

    some = "- {}\n" * 5_000
    found = refusals(f"{head}clauses:\n{some}")
    assert [each.says for each in found] == ["This list is too short or too long."]
    assert found[0].line == line_of("clauses:", head + "clauses:")
    assert found[0].instead == "Give it 1 to 500 entries."


def test_a_list_of_the_longest_length_is_read() -> None:
    hosts = ", ".join(f"h{n}.localhost" for n in range(500))
    assert len(compiled(changed("[tinyhost.localhost]", f"[{hosts}]")).hosts) == 500
    assert "This list is too short or too long." in said(
        changed("[tinyhost.localhost]", f"[{hosts}, x.localhost]")
    )


@pytest.mark.parametrize(
    ("number", "says"),
    [
        ("9" * 4_000, "would be read as a number or a date"),
        ("-" + "9" * 30, "would be read as a number or a date"),
        ("0x" + "f" * 300, "would be read as a number or a date"),
        ("1e999999", "would be read as a number or a date"),
        ("9007199254740991", "Here stands no fitting number."),
        ("-1", "Here stands no fitting number."),
        ("0", "Here stands no fitting number."),
        ("26", "Here stands no fitting number."),
        ('"18"', "Here stands no fitting number."),
        ("true", "Here stands no fitting number."),
    ],
)
def test_a_number_out_of_bounds_is_refused(number: str, says: str) -> None:
    text = changed("  - kind: disclose\n", f"  - kind: disclose\n  - {{kind: age, minimum: {number}}}\n")

    assert any(says in each.says for each in refusals(text))


@pytest.mark.parametrize(
    "date", ["2020-01-01", "2020-01-01T00:00:00Z", '"2020-01-01"', "P0Y0M", "P-1D", "-P1D"]
)
def test_no_date_can_be_written_past_or_to_come(date: str) -> None:
    """A policy has durations alone: when a version applies is worked out, never written."""
    assert refusals(changed("  period: P30D", f"  period: {date}"))


@pytest.mark.parametrize(
    "name", ["ΤΗ-2", "TH‑2", "ＴＨ-2", "TH-２", "TH-\u200b2", "Th-2", "TH-02", "TH-0", "TH-1000", "TH-2\\n"]
)
def test_an_id_that_only_looks_like_one_is_refused(name: str) -> None:
    found = refusals(changed("- id: TH-2\n", f'- id: "{name}"\n'))

    assert "Here stands no clause id." in {each.says for each in found}


@pytest.mark.parametrize("word", ["ema\u0456l", "Email", "email ", "e\u200bmail", "ｅmail", "emаil"])
def test_a_word_that_only_looks_like_one_is_unknown(word: str) -> None:
    found = refusals(changed("  email: {}\n", f'  "{word}": {{}}\n'))

    assert f"There is no category `{word}`." in {each.says for each in found}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("  kind: use\n", "  kind: usage\n", "There is no kind `usage`."),
        ("  kind: use\n", "  kind: [use]\n", "There is no kind `['use']`."),
        ("  kind: use\n", "  kind: null\n", "There is no kind `None`."),
        ("  mode: mail\n", "  mode: pigeon\n", "There is no notice `pigeon`."),
        ("  rights: legal_obligation\n", "  rights: vibes\n", "There is no basis `vibes`."),
        ("  rights: legal_obligation\n", "  rights: {basis: vibes}\n", "There is no basis `vibes`."),
        (
            "  rights: legal_obligation\n",
            "  rights: {balance: {en: x, vi: y}}\n",
            "The key `basis` is missing.",
        ),
        ("      access: {how", "      acces: {how", "There is no right `acces`."),
        ("  email: {}\n", "  email: {parent: mail}\n", "There is no category `mail`."),
        ("  secrets: once\n", "  secrets: once\n  secrets: sealed\n", "The key `secrets` stands here twice"),
        (
            "  secrets: once\n",
            '  secrets: once\n  "secrets": sealed\n',
            "The key `secrets` stands here twice",
        ),
        ("schema: hostkeep/1\n", "schema: hostkeep/1\nx: y\n", "There is no key `x` here."),
        (
            "  email: {}\n",
            "  email: {parent: email}\n",
            "`email` would stand under itself, by way of `email`.",
        ),
        (
            "P0D, then: erase}\n  - {kind: retain, class: session",
            "endless, then: erase}\n  - {kind: retain, class: session",
            "`endless` is no end of storage.",
        ),
    ],
)
def test_an_unknown_word_kind_or_key_is_named(old: str, new: str, says: str) -> None:
    assert any(each.startswith(says) for each in said(changed(old, new)))


def test_a_cycle_over_three_categories_is_named_at_each() -> None:
    text = changed("  email: {}\n", "  email: {parent: password}\n")
    text = changed("  password: {}\n", "  password: {parent: cookies}\n", base=text)
    text = changed("  cookies: {}\n", "  cookies: {parent: email}\n", base=text)

    found = [each for each in refusals(text) if each.rule == "lint.category.cycle"]
    assert [each.line for each in found] == [
        line_of(f"  {name}: {{parent", text) for name in ("email", "password", "cookies")
    ]


def test_a_parent_written_here_hides_nothing_of_the_vocabularys() -> None:
    """bank_account stands under other_financial whatever a policy says."""
    text = changed("  email: {}\n", "  email: {}\n  bank_account: {parent: invoice_party}\n")
    text = changed("  gathers: [", "  never: [other_financial]\n  gathers: [bank_account, ", base=text)

    assert "The category `bank_account` exists, but TH-1 forbids `other_financial`." in said(text)
    own = changed("  email: {}\n", "  email: {parent: ip}\n")
    own = changed("  gathers: [", "  never: [ip]\n  gathers: [", base=own)
    assert "The category `email` exists, but TH-1 forbids `ip`." in said(own)


def test_without_the_union_no_end_is_a_word_there_is_not() -> None:
    text = changed(
        "class: account, until: account.closed, plus: P0D",
        "class: account, until: account.closed, plus: forever",
    )
    for places, level in (("eu", "unlawful"), ("us, eu", "unlawful"), ("us", "cannot_run")):
        found = refusals(changed("jurisdictions: [eu]", f"jurisdictions: [{places}]", base=text))
        assert [each.level for each in found] == [level]


@pytest.mark.parametrize("places", ["eu", "{eu: true}", "[eu, mars]", "3", "[[eu]]", "null"])
def test_places_that_are_none_are_refused(places: str) -> None:
    assert refusals(changed("jurisdictions: [eu]", f"jurisdictions: {places}"))


def test_all_tabs_are_told_with_their_lines() -> None:
    text = SMALL.replace("  brand:", "\tbrand:").replace("  mode: mail", "  mode:\tmail")

    assert [each.line for each in refusals(text)] == [line_of("\tbrand", text), line_of("  mode:\t", text)]
    assert {each.instead for each in refusals(text)} == {"Write spaces."}


def test_a_list_where_a_map_belongs_and_the_reverse() -> None:
    for old, new in (
        ("categories:\n", "categories: []\nx:\n"),
        ("\nroles: [customer, system, billing]", "\nroles: {customer: 1}"),
        ("  controller: {name", "  controller: [1]\n  y: {name"),
        ("clauses:\n", "clauses: {}\nz:\n"),
    ):
        assert refusals(changed(old, new))


def test_a_stray_reading_keeps_its_lines() -> None:
    desk = read_source("a:\n- b: 1\n  c: [x,\n    y]\n", file="p")

    assert (desk.line(("a", 0, "c", 1)), desk.line(("a", 0, "c", 7)), desk.line(())) == (4, 3, 1)
