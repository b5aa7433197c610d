"""Rules on what leaves, stays and changes, each broken once."""

from __future__ import annotations

from tests.ground.policy.rule_case import (
    ACCOUNT,
    ALLOW,
    DISCLOSE,
    HOLDS,
    NAMED,
    STREAM,
    UNTICKED,
    Case,
    offers,
)

CANNOT_RUN = (
    Case(
        "lint.staff_access.grant",
        (
            (
                DISCLOSE,
                DISCLOSE
                + "  - {kind: staff_access, allow: [{categories: [email], purposes: [rights], roles: [billing]}]}\n",
            ),
        ),
        "  - {kind: staff_access",
        "TH-3",
        (("roles: [billing]}]", "roles: [billing], needs: [grant]}]"),),
    ),
    Case(
        "lint.disclose.contradiction",
        (
            (DISCLOSE, NAMED),
            (
                "- id: TH-4",
                "- id: TH-5\n  kind: disclose\n  text: {en: x, vi: y}\n  keep: {en: x, vi: y}\n  nobody: true\n- id: TH-4",
            ),
        ),
        "  - {kind: disclose, recipients",
        "TH-3",
        (("  nobody: true\n", ""),),
    ),
    Case(
        "lint.disclose.secret",
        ((DISCLOSE, NAMED.replace("categories: [email]", "categories: [cookies]")),),
        "  - {kind: disclose, recipients",
        "TH-3",
        (("categories: [cookies], purposes: [account]}", "categories: [email], purposes: [account]}"),),
    ),
    Case(
        "lint.cookie.secret",
        ((HOLDS, HOLDS + ", carries: [password]"),),
        "    __Host-sid",
        "TH-3",
        ((", carries: [password]", ""),),
    ),
    Case("lint.cookie.over", (("idle: PT2H", "idle: PT0S"),), "    __Host-sid", "TH-3", (("PT0S", "PT20M"),)),
    Case(
        "lint.cookie.session",
        (("    __Host-sid", "    __Host-cart"),),
        "clauses:",
        "",
        (("    __Host-cart", "    __Host-sid"),),
    ),
    Case(
        "lint.stream.always",
        offers("legitimate_interest", "always"),
        "      offers:",
        "TH-3",
        (("default: always, own", 'default: "off", own'),),
    ),
    Case(
        "lint.stream.no_choice",
        ((DISCLOSE, f"{DISCLOSE}    choices: {{signup: {{account: unticked}}}}\n"),),
        "    choices",
        "TH-3",
        (("    choices: {signup: {account: unticked}}\n", ""),),
    ),
    Case(
        "lint.stream.missing",
        (UNTICKED,),
        "    choices",
        "TH-3",
        (("    choices: {signup: {offers: unticked}}\n", ""),),
    ),
    Case(
        "lint.stream.unreachable",
        ((STREAM, STREAM + "      billing: {channels: [email], default: always}\n"),),
        "      billing:",
        "TH-3",
        ((ALLOW, ALLOW + "  - {categories: [email], purposes: [billing], roles: [system]}\n"),),
    ),
    Case(
        "lint.retain.switched_off",
        ((ACCOUNT, ACCOUNT.replace("erase", "deactivate")),),
        "  - {kind: retain, class: account",
        "TH-2",
        (("deactivate}", "deactivate, for: P2Y, reads: [rights]}"),),
    ),
    Case(
        "lint.retain.for",
        ((ACCOUNT, ACCOUNT.replace("erase", "erase, for: P2Y")),),
        "  - {kind: retain, class: account",
        "TH-2",
        ((", for: P2Y", ""),),
    ),
    Case(
        "lint.retain.idle",
        ((ACCOUNT, ACCOUNT + ACCOUNT.replace("account,", "kyc,")),),
        "  - {kind: retain, class: kyc",
        "TH-2",
        ((ACCOUNT.replace("account,", "kyc,"), ""),),
    ),
    Case(
        "lint.archive.secret",
        (
            (
                ACCOUNT,
                ACCOUNT.replace("erase", "archive")
                + "  - {kind: archive, categories: [password, email], until: account.closed, plus: P1Y}\n",
            ),
        ),
        "  - {kind: archive",
        "TH-2",
        (("[password, email], until", "[email], until"),),
    ),
    Case(
        "lint.archive.missing",
        ((ACCOUNT, ACCOUNT.replace("erase", "archive")),),
        "  - {kind: retain, class: account",
        "TH-2",
        (("then: archive}", "then: erase}"),),
    ),
    Case(
        "lint.archive.order",
        (
            (
                ACCOUNT,
                ACCOUNT + "  - {kind: archive, categories: [email], until: account.closed, plus: P1Y}\n",
            ),
        ),
        "  - {kind: archive",
        "TH-2",
        ((ACCOUNT, ACCOUNT.replace("erase", "archive")),),
    ),
    Case(
        "lint.notice.missing",
        (("  mode: mail\n  period: P30D\n", ""),),
        "clauses:",
        "",
        (("  by: [email", "  mode: mail\n  period: P30D\n  by: [email"),),
    ),
    Case(
        "lint.notice.way",
        (("by: [email, policy_page]", "by: [policy_page]"),),
        "  by:",
        "TH-4",
        (("by: [policy_page]", "by: [policy_page, email]"),),
    ),
    Case(
        "lint.notice.period",
        (("  period: P30D", "  period: PT36H"),),
        "  period:",
        "TH-4",
        (("PT36H", "P30D"),),
    ),
    Case(
        "lint.rights.mailbox",
        (("erase: {how: client_area}", "erase: {how: mail}"),),
        "      erase:",
        "TH-2",
        (("{how: mail}", "{how: mail, mailbox: privacy@example.com}"),),
    ),
)
