"""A form is what the policy declares: drawn whole, read strictly."""

from __future__ import annotations

import json

import pytest

from hostkeep.faces.ui.countries import countries, country_name
from hostkeep.faces.ui.field_checks import Reader
from hostkeep.faces.ui.fields import blank_form, narrowed
from hostkeep.faces.ui.reading import UndeclaredField, read_form
from tests.faces.ui.policies import field, form, policy, without_name_field

DUTCH = Reader("en", "NL")
FULL = form(
    field("name"), field("email"), field("phone"), field("address"), field("password"),
    statements=("adult", "accept_policy"), choices=("site_news", "offers"),
)
GOOD = {
    "name": ["Ann Fields"], "email": ["ann@example.test"], "phone": ["020 123 4567"],
    "address": ["Keizersgracht 214-2\r\n  1st floor "], "city": ["Amsterdam"], "postal_code": ["1016 DX"],
    "region": [""], "country": ["nl"], "password1": [" a long pass "], "adult": ["on"], "accept_policy": ["on"],
    "offers": ["on"],
}


def read(posted, drawn=FULL, **rest):
    return read_form(policy(), drawn, posted, reader=DUTCH, **rest)


def problems(posted, drawn=FULL):
    return {p.name: p.wrong.text for p in read(posted, drawn).problems}


def test_a_good_post_gives_answers_in_one_spelling() -> None:
    answers = read(GOOD).answers

    assert answers is not None
    assert answers.values["name"] == "Ann Fields"
    assert answers.values["phone"] == "+31201234567"
    assert json.loads(answers.values["address"]) == {
        "address": "Keizersgracht 214-2\n1st floor", "city": "Amsterdam", "postal_code": "1016 DX", "region": "",
        "country": "NL",
    }
    assert answers.statements == {"adult", "accept_policy"}
    assert answers.choices == {"site_news": False, "offers": True}
    assert "password" not in answers.values


def test_the_password_never_stands_in_the_form_again() -> None:
    drawn = read({**GOOD, "email": ["nonsense"]})

    values = {i.name: i.value for ask in drawn.asks for i in ask.inputs}
    assert values["password1"] == ""
    assert values["name"] == "Ann Fields"
    assert "a long pass" not in repr(drawn)


@pytest.mark.parametrize("key", ["birth_date", "card", "Name", "name[]", "<b>", "a" * 90, "ann@example.test"])
def test_an_undeclared_key_is_refused_with_the_clause(key: str) -> None:
    with pytest.raises(UndeclaredField) as refusal:
        read({**GOOD, key: ["1990-01-01"]})

    assert refusal.value.status == 422
    assert refusal.value.clause == "T-9"
    assert "1990" not in str(refusal.value.facts)
    assert refusal.value.facts["field"] in {key, "?"}
    assert "@" not in str(refusal.value.facts["field"])


def test_tokens_and_buttons_may_be_named() -> None:
    assert read({**GOOD, "form_token": ["x"], "go": ["1"]}, also=("form_token", "go")).answers


def test_every_missing_field_is_named_in_order() -> None:
    drawn = read({})

    assert [p.name for p in drawn.problems] == [
        "name", "email", "phone", "address", "city", "country", "password1", "adult", "accept_policy",
    ]
    assert drawn.answers is None


@pytest.mark.parametrize(
    "value",
    ["ann", "ann@", "@example.test", "ann@example", "a b@example.test", "ann@example.test\nBcc: x@y.test", "a" * 121,
     "ann@exa_mple.test", "ann..b@example.test", ".ann@example.test", "ann@-example.test", "ännchen@example.test",
     "ann@example.test,bob@example.test"],
)
def test_what_is_no_address(value: str) -> None:
    assert "email" in problems({**GOOD, "email": [value]})


def test_an_address_may_have_120_bytes_and_no_more() -> None:
    fits = "a" * 60 + "@" + "b" * 50 + ".example"
    fits = fits + "x" * (120 - len(fits))

    assert read({**GOOD, "email": [fits]}).answers
    assert "email" in problems({**GOOD, "email": [fits + "x"]})


@pytest.mark.parametrize(
    ("value", "reason"),
    [("+31 20 123 45", "There is no such"), ("12", "Too few"), ("+31 20 1234567890123456", ""), ("call me", ""),
     ("+999 1234567", "")],
)
def test_what_is_no_phone_number(value: str, reason: str) -> None:
    assert problems({**GOOD, "phone": [value]})["phone"].startswith(reason)


def test_a_number_without_country_code_belongs_to_the_country_given() -> None:
    drawn = read({**GOOD, "country": ["DE"], "phone": ["030 901820"]})

    assert drawn.answers is not None
    assert drawn.answers.values["phone"] == "+4930901820"


def test_control_characters_and_double_values_are_refused() -> None:
    assert "name" in problems({**GOOD, "name": ["Ann\x00"]})
    assert "name" in problems({**GOOD, "name": ["Ann\u202eField\x07"]})
    assert "name" in problems({**GOOD, "name": ["Ann\nFields"]})
    assert "name" in problems({**GOOD, "name": ["Ann", "Bob"]})
    assert "name" in problems({**GOOD, "name": ["n" * 121]})


def test_a_country_is_of_the_list_and_decides_about_the_postal_code() -> None:
    assert "country" in problems({**GOOD, "country": ["Netherlands"]})
    assert "country" in problems({**GOOD, "country": ["EU"]})
    assert "postal_code" in problems({**GOOD, "postal_code": [""]})
    assert "postal_code" not in problems({**GOOD, "postal_code": [""], "country": ["VN"], "phone": ["+84912345678"]})


def test_an_optional_address_is_all_or_nothing() -> None:
    loose = form(field("email"), field("address", required=False))
    mail = {"email": ["ann@example.test"]}

    assert read(mail, loose).answers.values == {"email": "ann@example.test"}
    assert set(problems({**mail, "city": ["Huế"]}, loose)) == {"address", "country"}


def test_names_of_all_scripts_pass() -> None:
    for name in ("Nguyễn Thị Minh Khai", "李小龙", "O’Connor-Smith", "Ωμέγα", "أحمد"):
        assert read({**GOOD, "name": [name]}).answers.values["name"] == name


def test_a_problem_found_elsewhere_takes_the_answers_away() -> None:
    drawn = read(GOOD).with_problem("password1", "Too common.")

    assert drawn.answers is None
    assert [p.name for p in drawn.problems] == ["password1"]
    assert [i.problem.text for ask in drawn.asks for i in ask.inputs if i.problem] == ["Too common."]


def test_drawing_says_why_and_by_which_clause_in_the_readers_language() -> None:
    drawn = blank_form(policy(), FULL, language="vi", values={"email": "ann@example.test"})

    first = drawn.asks[0]
    assert (first.label, first.why, first.clause) == ("Họ tên", "Vì name.", "T-1")
    assert [i.value for ask in drawn.asks for i in ask.inputs if i.name == "email"] == ["ann@example.test"]
    assert [(t.name, t.ticked) for t in drawn.choices] == [("site_news", True), ("offers", False)]
    assert drawn.facts == 4
    assert [i.autocomplete for i in drawn.asks[3].inputs] == [
        "street-address", "address-level2", "postal-code", "address-level1", "country",
    ]


def test_a_category_without_a_label_is_spelled() -> None:
    drawn = blank_form(without_name_field(), form(field("name"), field("shoe_size")), language="en")

    assert [ask.label for ask in drawn.asks] == ["Name", "Shoe size"]


def test_an_order_form_is_narrowed_to_what_a_product_asks() -> None:
    order = form(field("company"), field("gov_id", asked="product"), field("registrant", asked="product"))

    assert [f.category for f in narrowed(order, {"gov_id"}).fields] == ["company", "gov_id"]


def test_countries_are_iso_3166_and_sorted_as_people_read() -> None:
    codes = [code for code, _ in countries("en")]

    assert len(codes) == len(set(codes)) == 249
    assert country_name("VN", "vi") == "Việt Nam"
    vietnamese = [name for _, name in countries("vi")]
    assert vietnamese.index("Đức") < vietnamese.index("Gabon")
