"""Each error of the language: where it stands, what is wrong, what to write instead."""

from __future__ import annotations

import re

import pytest

from hostkeep.policy.errors import PolicyError
from tests.ground.policy.small import EVERYTHING, SMALL, changed, compiled, line_of, problems

STREAMS = "      account: {channels: [email], default: always}\n"
ALLOW = '  - {categories: "*", purposes: [rights], roles: [customer]}\n'
SID = "    __Host-sid: {purpose: authentication, life: session, idle: PT2H, "
ACCOUNT = "  - {kind: retain, class: account, until: account.closed, plus: P0D, then: erase}\n"

SHAPES = [
    ("schema: hostkeep/1", "schema: hostkeep/2", "hostkeep/2", "schema: hostkeep/2"),
    ("schema: hostkeep/1\n", "", "`schema` is missing", "policy:"),
    ("  secrets: once", "  secret: once", "no key `secret`", "  secret: once"),
    ("  secrets: once", "  secrets: 3", "no way to give a secret", "  secrets: 3"),
    ("  brand: tinyhost", "  brand: Tiny Host", "no slug", "  brand: Tiny"),
    ("  hosts: [tinyhost.localhost]", "  hosts: []", "too short", "  hosts: []"),
    ("  hosts: [tinyhost.localhost]", "  hosts: tinyhost", "no list", "  hosts: tinyhost"),
    ("  hosts: [tinyhost.localhost]", "  hosts: [a.localhost, a.localhost]", "twice", "  hosts: [a.l"),
    ("  email: {}", "  e-mail: {}", "no category `e-mail`", "  e-mail: {}"),
    ("  email: {}", "  email: {clas: account}", "no key `clas`", "  email: {clas"),
    (
        "\nroles: [customer, system, billing]",
        "\nroles: [customer, system, billin]",
        "no role",
        "roles: [customer",
    ),
    ("  account: contract", "  account: contrakt", "no basis", "  account: contrakt"),
    ("  account: contract", "  acount: contract", "no purpose", "  acount: contract"),
    ("purposes:\n", "purposes: 3\nqurposes:\n", "no map", "purposes: 3"),
    ('"Nobody", vi: "Không ai"', '"Nobody"', "no `vi`", "  share:"),
    ('"Nobody", vi: "Không ai"', '"Nobody", vi: "Không ai", fr: "Personne"', "`fr`", "  share:"),
    ('"Nobody", vi: "Không ai"', '"Nobody", vi: "  "', "no text", "  share:"),
    ('"Nobody", vi: "Không ai"', f'"{"x" * 61}", vi: "Không ai"', "too long", "  share:"),
    ('{en: "Nobody", vi: "Không ai"}', '"Nobody"', "no text by language", "  share:"),
    ("- id: TH-2\n", "- id: th2\n", "no clause id", "- id: th2"),
    ("- id: TH-2\n  kind: use", "- kind: use", "`id` is missing", "- kind: use"),
    ("- id: TH-2\n  kind: use", "- id: TH-2\n  kind: usage", "no kind `usage`", "  kind: usage"),
    ("- id: TH-2\n  kind: use\n", "- id: TH-2\n", "`kind` is missing", "- id: TH-2"),
    ("  mode: mail", "  mode: post", "no notice `post`", "  mode: post"),
    ("  period: P30D", "  period: P1M", "no duration", "  period: P1M"),
    ("  period: P30D", "  period: 30", "no duration", "  period: 30"),
    ("  reject: true", "  reject: yes", "neither `true` nor `false`", "  reject: yes"),
    ("  by: [email, policy_page]", "  by: [email, radio]", "no way `radio`", "  by: [email, radio]"),
    (
        'ask: required, why: {en: "to log in and',
        'ask: always, why: {en: "to log in and',
        "no ask",
        "      email: {",
    ),
    (
        "  - {kind: retain, class: session",
        "  - {kind: retain, clas: session",
        "no key `clas`",
        "  - {kind: retain, clas: session",
    ),
    ("  - kind: disclose\n", "  - kind: disclose\n  - 3\n", "no map", "  - 3"),
    ("  - kind: disclose\n", "  - kind: disclose\n  - {kind: prose}\n", "binds nobody", "  - {kind: prose}"),
    (
        "  - kind: disclose\n",
        "  - kind: disclose\n  - {kind: contact, department: P-1}\n",
        "no name of a dep",
        "P-1",
    ),
    ("  mode: mail", "  minimum: 18\n  mode: mail", "no key `minimum`", "  minimum: 18"),
    ("  - kind: disclose\n", "  - kind: disclose\n  - {kind: age, minimum: 99}\n", "no fitting number", "99"),
    (
        "  - kind: disclose\n",
        "  - kind: disclose\n  - {kind: age, minimum: true}\n",
        "no fitting number",
        "minimum",
    ),
]


@pytest.mark.xdist_group("refusals")
@pytest.mark.parametrize(("old", "new", "says", "where"), SHAPES)
def test_a_misshapen_piece_is_named(old: str, new: str, says: str, where: str) -> None:
    text = changed(old, new)

    found = [each for each in problems(text) if says in each.says]

    assert found, problems(text)
    assert found[0].line == line_of(where, text)
    assert found[0].instead


SENSE = [
    # ids
    ("- id: TH-3", "- id: TH-2", "a second time", "TH-2"),
    ("- id: TH-3", "- id: XX-3", "another prefix", "XX-3"),
    # doubles
    (
        STREAMS,
        STREAMS
        + "      policy_change: {channels: [email], default: always}\n  - {kind: communicate, streams: {account: {channels: [email], default: always}}}\n  - kind: communicate\n    streams:\n",
        "streams account",
        "TH-3",
    ),
    (ACCOUNT, ACCOUNT * 2, "retain account", "TH-2"),
    (
        "  reject: true\n",
        "  reject: true\n  also:\n  - {kind: change_notice, mode: page, by: [policy_page]}\n",
        "change_notice mode",
        "TH-4",
    ),
    (
        "  - kind: disclose\n",
        "  - kind: disclose\n  - {kind: backup, within: P1D}\n  - {kind: backup, within: P2D}\n",
        "kind backup",
        "TH-3",
    ),
    (
        "  - kind: disclose\n",
        "  - kind: disclose\n  - {kind: collect, forms: {signup: {email: {ask: optional, why: {en: x, vi: y}}}}}\n",
        "forms signup email",
        "TH-3",
    ),
    # undeclared
    ("  acceptance: {}\n", "", "category `acceptance` is not declared", "TH-1"),
    ("gathers: [cookies,", "gathers: [cookies, phone,", "category `phone` is not declared", "TH-1"),
    ("  billing: contract\n", "", "purpose `billing` is not declared", "TH-2"),
    (
        "roles: [customer, system, billing]\n",
        "roles: [customer, system]\n",
        "role `billing` is not declared",
        "TH-2",
    ),
    # unused
    (
        "  account: contract\n",
        "  account: contract\n  offers: consent\n",
        "Nothing serves the purpose `offers`",
        "",
    ),
    (
        "roles: [customer, system, billing]\n",
        "roles: [customer, system, billing, sales]\n",
        "read nothing: sales",
        "",
    ),
    # collecting
    ("  gathers:", "  never: [email]\n  gathers:", "`email` exists, but TH-1 forbids", ""),
    ("  gathers:", "  never: [payment_ref]\n  gathers:", "`testpay` needs `payment_ref`", ""),
    (
        "[cookies, payment_ref, invoice_party]\n",
        "[cookies, invoice_party]\n",
        "`payment_ref` comes in nowhere",
        "",
    ),
    ("gateways: [testpay]", "gateways: [testpay, stripe]", "sends data to `stripe`", ""),
    ("  password: {}\n", "  password: {}\n  phone: {}\n", "`phone` comes in nowhere", ""),
    ("  statements:\n    signup:", "  statements:\n    contact:", "statements on the form `contact`", "TH-1"),
    # permissions
    (
        ALLOW,
        ALLOW + "  - {categories: [email], purposes: [account], roles: [system], needs: [case]}\n",
        "two ways",
        "TH-2",
    ),
    (
        ALLOW,
        ALLOW + "  - {categories: [password], purposes: [account], roles: [billing]}\n",
        "shows a secret (password)",
        "TH-2",
    ),
    (
        ALLOW,
        ALLOW + "  - {categories: [email], except: [email], purposes: [rights], roles: [system]}\n",
        "`except` belongs",
        "TH-2",
    ),
    (
        "  - kind: disclose\n",
        "  - kind: disclose\n  - {kind: staff_access, allow: [{categories: [email], purposes: [rights], roles: [system]}]}\n",
        "without the owner's grant",
        "TH-3",
    ),
    ("  - kind: disclose\n", "", "No clause is of the kind `disclose`", ""),
    # sending
    (
        SID,
        "    __Host-sid: {purpose: authentication, life: session, carries: [password], ",
        "would hold a secret (password)",
        "TH-3",
    ),
    ('{en: "a random number", vi', '{en: "your password", vi', "would hold a secret (password)", "TH-3"),
    (SID, SID.replace("PT2H", "PT0S"), "would end at once", "TH-3"),
    (SID, SID.replace("__Host-sid", "__Host-cart"), "No cookie `__Host-sid`", ""),
    (
        STREAMS,
        STREAMS + "      offers: {channels: [email], default: always}\n",
        "Nobody could stop `offers`",
        "TH-3",
    ),
    (
        STREAMS,
        STREAMS + "      support: {channels: [phone], default: always}\n",
        "purpose `support` is not declared",
        "TH-3",
    ),
    (STREAMS, "      billing: {channels: [email], default: always}\n", "no stream `account`", ""),
    (
        STREAMS,
        STREAMS + "      billing: {channels: [email], default: always}\n",
        "`billing` goes by email",
        "TH-3",
    ),
    (
        "  - kind: disclose\n",
        "  - kind: disclose\n    choices: {signup: {offers: unticked}}\n",
        "no stream `offers`",
        "TH-3",
    ),
    (
        "  - kind: disclose\n",
        "  - kind: disclose\n    choices: {signup: {account: unticked}}\n",
        "`account` is no choice",
        "TH-3",
    ),
    (
        "  - kind: disclose\n",
        "  - kind: disclose\n    recipients: {x1: {label: {en: x, vi: y}, basis: wish, categories: [cookies], purposes: [rights]}}\n",
        "Nobody outside may receive cookies",
        "TH-3",
    ),
    # keeping
    (ACCOUNT, "", "no rule for the class `account`", ""),
    (
        ACCOUNT,
        ACCOUNT + ACCOUNT.replace("class: account", "class: kyc"),
        "No category of this policy is of the class `kyc`",
        "TH-2",
    ),
    (ACCOUNT, ACCOUNT.replace("erase", "archive"), "no archive clause", "TH-2"),
    (ACCOUNT, ACCOUNT.replace("erase", "deactivate"), "switched off without end", "TH-2"),
    (ACCOUNT, ACCOUNT.replace("erase", "deactivate, for: P1Y"), "kept for, switched off", "TH-2"),
    (ACCOUNT, ACCOUNT.replace("erase", "erase, for: P1Y"), "`for` belongs", "TH-2"),
    (ACCOUNT, ACCOUNT + ACCOUNT.replace("class: account", "class: archive"), "a clause of its own", "TH-2"),
    (
        ACCOUNT,
        ACCOUNT + "  - {kind: archive, categories: [password], until: account.closed, plus: P1Y}\n",
        "archive would keep a secret",
        "TH-2",
    ),
    ("  mode: mail\n  period: P30D\n", "", "No clause says how changes", ""),
    ("  period: P30D\n", "", "whole days is owed", "TH-4"),
    ("  period: P30D\n", "  period: PT36H\n", "whole days is owed", "TH-4"),
    ("  mode: mail\n", "  mode: page\n", "in force at once", "TH-4"),
    ("by: [email, policy_page]", "by: [policy_page]", "needs `email`", "TH-4"),
    ("      erase: {how: client_area}\n", "      erase: {how: mail}\n", "Where does one write to", "TH-2"),
    # law
    ("      erase: {how: client_area}\n", "", "The right `erase` is missing", ""),
]


@pytest.mark.xdist_group("refusals")
@pytest.mark.parametrize(("old", "new", "says", "clause"), SENSE)
def test_what_makes_no_sense_is_named(old: str, new: str, says: str, clause: str | None) -> None:
    text = changed(old, new)

    found = [each for each in problems(text) if says in each.says]

    assert found, problems(text)
    assert found[0].instead
    assert found[0].level != "weak"
    assert found[0].clause == clause


OFFERS = '      account: {channels: [email], default: always}\n      offers: {channels: [email], default: "on", own_only: true}\n'


def _with_offers(basis: str, *, choice: str = "", places: str = "eu", default: str = "on") -> str:
    """The small policy with a stream of offers."""
    text = changed(STREAMS, OFFERS.replace('"on"', f'"{default}"'))
    text = changed(
        "  rights: legal_obligation\n", f"  rights: legal_obligation\n  offers: {basis}\n", base=text
    )
    text = changed(
        "[account, account_messages, policy_change]",
        "[account, account_messages, policy_change, offers]",
        base=text,
    )
    if basis == "legitimate_interest":
        weighed = "{basis: legitimate_interest, balance: {en: x, vi: y}}"
        text = changed(f"  offers: {basis}\n", f"  offers: {weighed}\n", base=text)
    text = changed("jurisdictions: [eu]", f"jurisdictions: [{places}]", base=text)
    text = changed(
        "      export: {how: client_area}\n",
        "      export: {how: client_area}\n      withdraw: {how: client_area}\n",
        base=text,
    )
    return changed("  - kind: disclose\n", f"  - kind: disclose\n{choice}", base=text)


TICKED = "    choices: {signup: {offers: ticked}}\n"
UNTICKED = "    choices: {signup: {offers: unticked}}\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (_with_offers("legitimate_interest"), "In the EU `offers`"),
        (_with_offers("contract", choice=UNTICKED), "In the EU `offers`"),
        (_with_offers("legitimate_interest", choice=UNTICKED, places="vn"), "In Vietnam `offers`"),
        (_with_offers("legitimate_interest", choice=TICKED, places="vn", default="off"), "In Vietnam no box"),
        (_with_offers("consent", choice=TICKED, places="us", default="off"), "is no consent"),
        (
            _with_offers("consent", choice=UNTICKED, default="off").replace(
                "      withdraw: {how: client_area}\n", ""
            ),
            "`withdraw` is missing",
        ),
    ],
)
def test_what_is_not_lawful_is_refused(text: str, says: str) -> None:
    found = problems(text)

    assert [each.level for each in found] == ["unlawful"]
    assert says in found[0].says
    with pytest.raises(PolicyError):
        compiled(text)


@pytest.mark.parametrize(
    "text",
    [
        SMALL,
        EVERYTHING,
        _with_offers("legitimate_interest", choice=TICKED),
        _with_offers("legitimate_interest", choice=UNTICKED, places="eu, vn", default="off"),
        _with_offers("consent", choice=UNTICKED, default="off"),
        _with_offers("legitimate_interest", places="us"),
    ],
    ids=str.__len__,
)
def test_what_is_in_order_has_no_problem(text: str) -> None:
    assert problems(text) == ()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "class: traffic, until: collected, plus: P14D",
            "class: traffic, until: collected, plus: P31D",
            "30 days",
        ),
        (
            "class: registry, until: service.ended, plus: P2Y",
            "class: registry, until: service.ended, plus: P11Y",
            "ten years",
        ),
        ("  smallest_group: 10", "  smallest_group: 3", "guessed"),
        (
            "  mode: mail\n  period: P21D\n  by: [email, policy_page, home_page]\n",
            "  mode: page\n  by: [policy_page]\n",
            "without telling",
        ),
    ],
)
def test_what_is_weak_is_told_and_not_refused(old: str, new: str, says: str) -> None:
    text = changed(old, new, base=changed("jurisdictions: [eu]", "jurisdictions: []", base=EVERYTHING))

    assert [each.level for each in problems(text)] == ["weak"]
    assert says in problems(text)[0].says
    assert compiled(text).brand == "everything"


def test_a_problem_reads_as_a_line() -> None:
    text = changed("  mode: mail", "  mode: post")

    line = line_of("  mode: post", text)
    assert str(problems(text)[0]).startswith(
        f"policy.yaml:{line}: cannot_run: TH-4: There is no notice `post`."
    )


def test_a_missing_piece_is_not_told_of_when_one_was_left_out_as_misshapen() -> None:
    text = changed(ACCOUNT, ACCOUNT.replace("class: account", "class: acount"))

    assert len(problems(text)) == 1


def test_what_is_wrong_twice_in_a_line_is_told_once() -> None:
    line = "{categories: [phone], purposes: [rights], roles: [system]}"
    text = changed(
        "  - kind: disclose\n", f"  - kind: disclose\n  - {{kind: use, allow: [{line}, {line}]}}\n"
    )

    assert [each.says for each in problems(text)].count(
        "The category `phone` is not declared by this policy."
    ) == 1


def test_a_gateway_that_is_forbidden() -> None:
    text = changed("  never: [card, activity]", "  never: [card, activity, other_financial]", base=EVERYTHING)

    said = [each.says for each in problems(text)]
    assert any(
        re.search(
            r"`bank_transfer` needs `bank_account`, but EV-2 .line \d+. forbids `other_financial`", each
        )
        for each in said
    )
    assert any("`solvency` exists" in each for each in said)


def test_sign_up_must_ask_for_an_address() -> None:
    text = changed("    signup:\n      email:", "    contact:\n      email:")

    assert any("nobody can log in" in each.says for each in problems(text))


def test_a_gateway_needs_its_reference() -> None:
    text = changed("  payment_ref: {}\n", "")
    text = changed("[cookies, payment_ref, invoice_party]", "[cookies, invoice_party]", base=text)
    text = changed("[payment_ref, invoice_party], purposes", "[invoice_party], purposes", base=text)

    assert [each.says for each in problems(text)] == [
        "The gateway `testpay` needs the category `payment_ref`."
    ]


def test_a_field_nobody_may_read() -> None:
    text = changed("  email: {}\n", "  email: {}\n  phone: {}\n")
    text = changed("    order: {}\n", "    order: {phone: {ask: product, why: {en: x, vi: y}}}\n", base=text)
    text = changed(ALLOW, ALLOW.replace('"*"', '"*", except: [phone]'), base=text)

    assert "which nobody may use for anything" in problems(text)[0].says


def test_a_file_without_anything_is_refused_without_a_stack_trace() -> None:
    assert {each.says for each in problems("x: 1\n")} >= {
        "There is no key `x` here.",
        "The key `policy` is missing.",
    }


@pytest.mark.parametrize("languages", ["3", "{authoritative: 3}", "{authoritative: en, also: 3}", "[en]"])
def test_a_broken_head_is_refused_without_a_stack_trace(languages: str) -> None:
    assert problems(changed("languages: {authoritative: en, also: [vi]}", f"languages: {languages}"))


def test_a_refusal_tells_the_first_problem_its_clause_and_how_many_there_are() -> None:
    text = changed("  mode: mail", "  mode: post")
    text = changed("      erase: {how: client_area}", "      erase: {how: letter}", base=text)
    with pytest.raises(PolicyError) as error:
        compiled(text)

    first, second = error.value.problems
    assert first.line < second.line
    assert error.value.facts == {"first": str(first), "clause": "TH-2", "count": 2}
    assert str(error.value) == f"{first}\n{second}"
    assert error.value.code == "policy.refused"
