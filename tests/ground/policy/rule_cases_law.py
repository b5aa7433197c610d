"""Rules of law and weak points, each broken once."""

from __future__ import annotations

from tests.ground.policy.rule_case import (
    ACCOUNT,
    DISCLOSE,
    EU,
    EXPORT,
    NAMED,
    NO_EU,
    OFF,
    RIGHTS,
    TICKED,
    UNTICK,
    UNTICKED,
    WITHDRAW,
    Case,
    offers,
)
from tests.ground.policy.small import EVERYTHING

UNLAWFUL = (
    Case(
        "lint.consent.ticked",
        (*offers("consent", '"off"'), TICKED, WITHDRAW, NO_EU),
        "    choices",
        "TH-3",
        (UNTICK,),
    ),
    Case(
        "lint.consent.ticked_vn",
        (
            *offers("{basis: legitimate_interest, balance: {en: x, vi: y}}", '"off"'),
            TICKED,
            (EU, "jurisdictions: [vn]"),
        ),
        "    choices",
        "TH-3",
        (UNTICK,),
    ),
    Case("lint.consent.implied", (*offers("consent"), WITHDRAW), "      offers:", "TH-3", (OFF,)),
    Case(
        "lint.consent.by_use",
        (
            *offers("consent", '"off"'),
            WITHDRAW,
            (DISCLOSE, DISCLOSE + "  - {kind: acceptance, by_use: true, purposes: [account, offers]}\n"),
        ),
        "  - {kind: acceptance",
        "TH-3",
        ((", offers]}", "]}"),),
    ),
    Case("lint.consent.withdraw", offers("consent", '"off"'), "clauses:", "", (WITHDRAW,)),
    Case(
        "lint.consent.harder",
        ((EXPORT, EXPORT + "      withdraw: {how: mail, mailbox: a@example.com}\n"),),
        "      withdraw:",
        "TH-2",
        (("{how: mail, mailbox: a@example.com}", "{how: client_area}"),),
    ),
    Case(
        "lint.rights.eu",
        ((EXPORT, ""),),
        "clauses:",
        "",
        (("      erase: {how", EXPORT + "      erase: {how"),),
    ),
    Case(
        "lint.rights.vn",
        (("      erase: {how: client_area}\n", ""), (EU, "jurisdictions: [vn]")),
        "clauses:",
        "",
        ((EXPORT, EXPORT + "      erase: {how: client_area}\n"),),
    ),
    Case(
        "lint.rights.us_ca",
        (("      correct: {how: client_area}\n", ""), (EU, "jurisdictions: [us-ca]")),
        "clauses:",
        "",
        ((EXPORT, EXPORT + "      correct: {how: client_area}\n"),),
    ),
    Case(
        "lint.storage.indeterminate",
        ((ACCOUNT, ACCOUNT.replace("P0D", "indeterminate")),),
        "  - {kind: retain, class: account",
        "TH-2",
        (("indeterminate", "P2Y"),),
    ),
    Case(
        "lint.notice.at_once",
        (("  mode: mail\n  period: P30D\n", "  mode: attempt\n"),),
        "  mode:",
        "TH-4",
        (("  mode: attempt\n", "  mode: mail\n  period: P30D\n"),),
    ),
    Case("lint.promotion.eu", (*offers("legitimate_interest"),), "      offers:", "TH-3", (UNTICKED,)),
    Case(
        "lint.promotion.vn",
        (*offers("legitimate_interest"), (EU, "jurisdictions: [vn]")),
        "      offers:",
        "TH-3",
        (OFF,),
    ),
    Case(
        "lint.promotion.postal",
        (*offers("contract"), (EU, "jurisdictions: [us]"), (', postal: "1 Example Road, Exampletown"', "")),
        "      offers:",
        "TH-3",
        (
            (
                'contact: "privacy@tinyhost.example"',
                'contact: "privacy@tinyhost.example", postal: "1 Example Road"',
            ),
        ),
    ),
)

WEAK = (
    Case(
        "lint.interest.unweighed",
        ((RIGHTS, "  rights: legitimate_interest\n"),),
        "  rights: legitimate",
        "",
        (("rights: legitimate_interest", "rights: {basis: legitimate_interest, balance: {en: x, vi: y}}"),),
    ),
    Case(
        "lint.partner.unnamed",
        ((DISCLOSE, NAMED.replace("{en: Registry, vi: Registry}", "{en: Our partners, vi: x}")),),
        "  - {kind: disclose, recipients",
        "TH-3",
        (("en: Our partners", "en: Example Books GmbH"),),
    ),
    Case(
        "lint.traffic.long",
        (("class: traffic, until: collected, plus: P14D", "class: traffic, until: collected, plus: P31D"),),
        "  - {kind: retain, class: traffic",
        "EV-6",
        (("P31D", "P30D"),),
        EVERYTHING,
    ),
    Case(
        "lint.retain.long",
        (("plus: P7Y2D", "plus: P11Y"),),
        "  - {kind: retain, class: fiscal",
        "TH-2",
        (("P11Y", "P10Y3D"),),
    ),
    Case(
        "lint.group.small",
        (("  smallest_group: 10", "  smallest_group: 9"),),
        "  smallest_group",
        "EV-18",
        (("smallest_group: 9", "smallest_group: 10"),),
        EVERYTHING,
    ),
    Case(
        "lint.notice.silent",
        (("  mode: mail\n  period: P30D\n", "  mode: page\n"), NO_EU),
        "  mode: page",
        "TH-4",
        (("  mode: page\n", "  mode: mail\n  period: P30D\n"),),
    ),
)
