"""What the language says stands in the book."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hostkeep.kernel.ids import CategoryId, ClauseId, PurposeId
from hostkeep.policy.book import Policy, Retention
from hostkeep.policy.duties import Age, Breach, Duties, MailCap
from tests.ground.policy.small import SMALL, changed, compiled, small, whole

DAY = timedelta(days=1)


def test_a_form_is_drawn_from_all_clauses_and_closed_by_the_first() -> None:
    board, signup, order = (whole().forms[name] for name in ("board", "signup", "order"))

    assert [each.category for each in signup.fields][:3] == ["name", "email", "phone"]
    assert [each.required for each in signup.fields][:3] == [True, True, False]
    assert {each.id for each in signup.statements} == {"adult", "accept_policy"}
    assert {each.stream: each.ticked for each in signup.choices}["offers"] is True
    assert (signup.closed_by, board.closed_by) == ("EV-2", "EV-17")
    assert {(each.category, each.asked, each.required) for each in order.fields} == {
        ("gov_id", "product", False),
        ("registrant", "product", False),
        ("other_financial", "product", False),
    }
    assert board.statements[0].required


def test_a_statement_may_be_optional() -> None:
    text = changed("accept_policy: {text:", "accept_policy: {required: false, text:")

    assert not compiled(text).forms["signup"].statements[0].required


def test_what_is_not_declared_has_its_clause() -> None:
    assert whole().closed_by == {
        "use": "EV-2",
        "disclose": "EV-5",
        "cookies": "EV-9",
        "communicate": "EV-10",
    }
    assert small().closed_by == {
        "use": "TH-2",
        "disclose": "TH-3",
        "cookies": "TH-3",
        "communicate": "TH-3",
    }


def test_cookies_streams_and_recipients() -> None:
    keep, sid = whole().cookies["__Host-keep"], whole().cookies["__Host-sid"]
    offers, authority = whole().streams["offers"], whole().recipients["authority"]

    assert (keep.life, keep.idle, keep.asked, keep.carries) == (
        30 * DAY,
        14 * DAY,
        True,
        ("customer_number",),
    )
    assert (sid.life, sid.asked) == (None, False)
    assert (offers.channels, offers.default, offers.own_only, offers.purpose) == (
        ("email", "phone"),
        "on",
        True,
        "offers",
    )
    assert offers.label["en"] == "Offers of ours"
    assert whole().streams["newsletter"].label["vi"] == "Bản tin"
    assert (authority.basis, authority.country, authority.exception) == ("legal_request", "DE", True)
    assert whole().recipients["owner_named"].country == ""


def test_retention() -> None:
    assert whole().retention["support"] == Retention(
        "support",
        "account.closed",
        0 * DAY,
        "deactivate",
        frozenset({PurposeId("dispute"), PurposeId("rights")}),
        ClauseId("EV-6"),
        365 * DAY,
    )
    archive = whole().retention["archive"]
    assert (archive.then, archive.plus, archive.clause) == ("erase", 365 * DAY, "EV-7")
    assert whole().retention["security"].at_closing == "erase"
    assert whole().retention["account"].at_closing == ""


def test_duties() -> None:
    duties = whole().duties

    assert duties.archive is not None
    assert duties.archive.categories == {"email", "address"}
    assert duties.age == Age(18, True, ClauseId("EV-11"))
    assert duties.breach == Breach(3 * DAY, 3 * DAY, ClauseId("EV-16"))
    assert duties.cap == MailCap(4, 30 * DAY, ClauseId("EV-10"))
    assert duties.rights["erase"].mailbox == "privacy@everything.example"
    assert (duties.rights["opt_out"].within, duties.rights["access"].within) == (None, 28 * DAY)
    assert (duties.grant_longest, duties.backups) == (timedelta(hours=2), 30 * DAY)
    assert duties.never_ask == {"card": "EV-10", "password": "EV-10"}
    assert (duties.review_links, duties.by_use, duties.support_note) == (True, True, True)
    assert (duties.smallest_group, duties.department) == (10, "privacy")
    assert duties.first_reply == timedelta(hours=4)
    assert len(duties.measures) == 3


def test_a_policy_that_lays_nothing_on_the_rooms_says_so() -> None:
    nowhere = compiled(changed("jurisdictions: [eu]", "jurisdictions: []"))

    assert nowhere.duties == Duties(rights=nowhere.duties.rights)
    assert (nowhere.never, nowhere.tightened) == ((), ())


def test_notice_languages_and_head() -> None:
    notice = whole().notice

    assert (notice.mode, notice.period, notice.reject, notice.clause) == ("mail", 21 * DAY, True, "EV-12")
    assert whole().languages == ("en", "vi")
    assert whole().channels == ("web", "email", "phone", "chat", "api", "offline")
    assert whole().gateways == {"testpay", "bank_transfer", "stripe"}
    assert whole().never[0].categories == {"card", "activity"}
    assert whole().categories[CategoryId("public_name")].label["en"] == "Name on the boards"


def test_a_class_may_be_overridden() -> None:
    policy = compiled(
        changed(
            "  email: {}\n",
            "  email: {class: session}\n",
            base=changed("  acceptance: {}", "  acceptance: {class: account}"),
        )
    )

    assert policy.categories[CategoryId("email")].keep_class == "session"
    assert policy.categories[CategoryId("invoice_party")].label["vi"] == "Tên trên hóa đơn"


@pytest.mark.parametrize(
    "name",
    [
        "categories",
        "purposes",
        "forms",
        "cookies",
        "streams",
        "recipients",
        "retention",
        "table",
        "closed_by",
    ],
)
def test_the_book_cannot_be_written_in(name: str) -> None:
    with pytest.raises(TypeError):
        getattr(small(), name)["x"] = 1


def test_clauses_know_their_lines() -> None:
    lines = SMALL.split("\n")

    assert all(lines[each.line - 1] == f"- id: {each.id}" for each in small().clauses)
    assert isinstance(small(), Policy)
    assert whole().clauses[-1].keep == {}
