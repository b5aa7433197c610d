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


def test_what_single_keys_say_stands_in_the_book() -> None:
    purposes, rights = whole().purposes, whole().duties.rights

    assert purposes[PurposeId("offers")].balance == {
        "en": "It is small, and it can be refused.",
        "vi": "Phạm vi nhỏ, và bạn có thể từ chối.",
    }
    assert (purposes[PurposeId("account")].balance, purposes[PurposeId("offers")].basis) == (
        {},
        "legitimate_interest",
    )
    assert (rights["access"].acknowledge, rights["correct"].acknowledge) == (3 * DAY, None)
    assert (rights["access"].how, rights["erase"].how, rights["access"].mailbox) == (
        "client_area",
        "mail",
        "",
    )
    assert (rights["access"].id, rights["access"].clause) == ("access", "EV-14")
    assert whole().notice.minor_by == ("policy_page", "home_page")
    assert whole().notice.by == ("email", "policy_page", "home_page")
    assert small().notice.minor_by == ("policy_page",)
    assert small().notice.reject
    assert not compiled(changed("  reject: true\n", "")).notice.reject
    assert dict(small().controller) == {
        "name": "Tinyhost",
        "contact": "privacy@tinyhost.example",
        "postal": "1 Example Road, Exampletown",
    }


def test_the_postal_address_may_be_left_out() -> None:
    text = changed(', postal: "1 Example Road, Exampletown"', "")

    assert compiled(text).controller["postal"] == ""


def test_the_head_stands_in_the_book() -> None:
    policy = whole()

    assert (policy.brand, policy.hosts, policy.secrets, len(policy.digest)) == (
        "everything",
        ("everything.localhost",),
        "once",
        64,
    )
    assert policy.after["en"] == "Made for tests; no company stands behind it."
    assert policy.jurisdictions == ("eu",)
    assert policy.facts.changes["en"] == "Mailed 21 days before"
    assert policy.facts.ask["vi"] == "7 thông tin, và thêm nữa với vài sản phẩm"
    assert policy.facts.keep["en"] == "1 year after you leave, in an archive"
    assert policy.facts.share["en"] == "Partners you agree to, and 7 others"
    assert policy.facts.cookies["en"] == "7, four of them only with your yes"
    assert policy.roles == {
        "visitor",
        "customer",
        "system",
        "support",
        "billing",
        "sales",
        "engineer",
        "abuse",
        "privacy",
        "owner",
        "clerk",
    }
    assert policy.gathers[CategoryId("ip")] == "EV-2"
    assert policy.gathers[CategoryId("forum_post")] == "EV-17"


def test_categories_take_class_label_and_mark_from_the_vocabulary_or_the_policy() -> None:
    kinds = {name: (each.keep_class, each.sensitivity, each.dpv) for name, each in whole().categories.items()}

    assert kinds[CategoryId("email")] == ("account", "basic", ("pd:EmailAddress",))
    assert kinds[CategoryId("cookies")] == ("session", "secret", ("pd:Identifier", "tech:Cookie"))
    assert kinds[CategoryId("gov_id")] == ("kyc", "identity", ("pd:OfficialID",))
    assert whole().categories[CategoryId("email")].label["vi"] == "Địa chỉ email"
    assert whole().purposes[PurposeId("billing")].dpv == "dpv:PaymentManagement"
    assert whole().purposes[PurposeId("billing")].label["en"] == "Billing"


def test_a_clause_stands_in_the_book_as_it_was_written() -> None:
    clause = whole().clauses[7]

    assert (clause.id, clause.kind) == ("EV-8", "backup")
    assert clause.text == {"en": "Backups forget within 30 days.", "vi": "Bản sao lưu quên trong 30 ngày."}
    assert clause.keep["en"] == "Their keys are destroyed by then."


def test_the_table_has_a_cell_for_each_question_and_nothing_else() -> None:
    table = whole().table
    cell = table[CategoryId("ip"), PurposeId("fraud_prevention"), "abuse"]

    assert (cell.clause, cell.needs) == ("EV-18", {"reason", "case"})
    assert table[CategoryId("email"), PurposeId("newsletter"), "system"].needs == {"consent"}
    assert table[CategoryId("email"), PurposeId("account"), "system"].needs == frozenset()
    assert table[CategoryId("content"), PurposeId("support"), "engineer"].needs == {"grant"}
    assert (CategoryId("ip"), PurposeId("rights"), "customer") not in table
    assert (CategoryId("password"), PurposeId("rights"), "customer") not in table
    assert table[CategoryId("content"), PurposeId("rights"), "customer"].clause == "EV-3"


def test_a_line_that_names_a_category_goes_before_one_that_says_all() -> None:
    named = "  - {categories: [email], purposes: [rights], roles: [customer], needs: [reason]}\n"
    line = '  - {categories: "*", purposes: [rights], roles: [customer]}\n'

    for text in (changed(line, line + named), changed(line, named + line)):
        table = compiled(text).table
        assert table[CategoryId("email"), PurposeId("rights"), "customer"].needs == {"reason"}
        assert table[CategoryId("acceptance"), PurposeId("rights"), "customer"].needs == frozenset()


def test_the_clause_that_closes_is_the_one_that_says_so_or_the_first() -> None:
    closes = changed("  mode: mail\n", "  closes: [use, cookies]\n  mode: mail\n")

    assert compiled(closes).closed_by == {
        "use": "TH-4",
        "disclose": "TH-3",
        "cookies": "TH-4",
        "communicate": "TH-3",
    }
    own = changed(
        "- id: TH-4",
        "- id: TH-5\n  kind: disclose\n  text: {en: x, vi: y}\n  keep: {en: x, vi: y}\n- id: TH-4",
    )
    assert compiled(own).closed_by["disclose"] == "TH-5"


def test_a_switch_that_is_not_written_is_off() -> None:
    stream, sid = small().streams["account"], small().cookies["__Host-sid"]

    assert (stream.own_only, sid.asked) == (False, False)
    assert whole().recipients["partner"].exception is False
    assert (sid.carries, small().duties.by_use) == ((), False)
