"""Every rule a policy is checked by: its name, how grave a breach is, and where the rule comes from.

docs/policy-language.md lists the same rules for operators; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Level = Literal["cannot_run", "unlawful", "weak"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    id      stays the same for ever: "lint.cookie.secret"
    level   cannot_run and unlawful refuse the file; weak only tells
    places  jurisdictions it holds for; empty: everywhere
    source  the law behind it, or "" where the program itself is
    """

    id: str
    level: Level
    places: tuple[str, ...] = ()
    source: str = ""


UNREADABLE = "lint.yaml"
SHAPE = "lint.shape"

_CANNOT_RUN = (
    UNREADABLE,
    SHAPE,
    "lint.id.twice",
    "lint.id.prefix",
    "lint.twice",
    "lint.undeclared",
    "lint.purpose.unused",
    "lint.role.unused",
    "lint.category.forbidden",
    "lint.category.cycle",
    "lint.category.unsourced",
    "lint.category.unread",
    "lint.category.endless",
    "lint.gateway.forbidden",
    "lint.gateway.category",
    "lint.gateway.recipient",
    "lint.adapter.forbidden",
    "lint.adapter.category",
    "lint.adapter.recipient",
    "lint.adapter.cookie",
    "lint.form.signup",
    "lint.form.closed",
    "lint.use.except",
    "lint.use.two_answers",
    "lint.use.secret",
    "lint.kind.missing",
    "lint.staff_access.grant",
    "lint.disclose.contradiction",
    "lint.disclose.secret",
    "lint.cookie.secret",
    "lint.cookie.over",
    "lint.cookie.session",
    "lint.stream.always",
    "lint.stream.no_choice",
    "lint.stream.missing",
    "lint.stream.unreachable",
    "lint.retain.switched_off",
    "lint.retain.for",
    "lint.retain.idle",
    "lint.archive.secret",
    "lint.archive.missing",
    "lint.archive.order",
    "lint.notice.missing",
    "lint.notice.way",
    "lint.notice.period",
    "lint.rights.mailbox",
)

_GDPR = "Regulation (EU) 2016/679"
_PDPL = "Law 91/2025/QH15 of Vietnam (personal data)"

_UNLAWFUL = (
    Rule("lint.consent.ticked", "unlawful", (), f"{_GDPR}, art. 4(11) and recital 32; {_PDPL}"),
    Rule("lint.consent.ticked_vn", "unlawful", ("vn",), f"{_PDPL}"),
    Rule(
        "lint.consent.implied",
        "unlawful",
        ("eu", "vn"),
        f"{_GDPR}, art. 4(11) and 7; Directive 2002/58/EC, art. 5(3); {_PDPL}",
    ),
    Rule("lint.consent.by_use", "unlawful", ("eu", "vn"), f"{_GDPR}, art. 4(11) and 7; {_PDPL}"),
    Rule("lint.consent.withdraw", "unlawful", ("eu", "vn"), f"{_GDPR}, art. 7(3); {_PDPL}"),
    Rule("lint.consent.harder", "unlawful", ("eu",), f"{_GDPR}, art. 7(3)"),
    Rule("lint.rights.eu", "unlawful", ("eu",), f"{_GDPR}, art. 15, 16, 17, 20"),
    Rule("lint.rights.vn", "unlawful", ("vn",), f"{_PDPL}"),
    Rule("lint.rights.us_ca", "unlawful", ("us-ca",), "Cal. Civ. Code 1798.105, 1798.106, 1798.110"),
    Rule("lint.storage.indeterminate", "unlawful", ("eu",), f"{_GDPR}, art. 5(1)(e) and 13(2)(a)"),
    Rule("lint.notice.at_once", "unlawful", ("eu",), f"{_GDPR}, art. 5(1)(a), 13(3) and 14(4)"),
    Rule("lint.promotion.eu", "unlawful", ("eu",), "Directive 2002/58/EC, art. 13(2)"),
    Rule("lint.promotion.vn", "unlawful", ("vn",), "Decree 91/2020/ND-CP of Vietnam, art. 13"),
    Rule("lint.promotion.postal", "unlawful", ("us", "us-ca"), "15 U.S.C. 7704(a)(5)(A)(iii)"),
)

_WEAK = (
    "lint.interest.unweighed",
    "lint.partner.unnamed",
    "lint.traffic.long",
    "lint.retain.long",
    "lint.group.small",
    "lint.notice.silent",
)

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        **{name: Rule(name, "cannot_run") for name in _CANNOT_RUN},
        **{rule.id: rule for rule in _UNLAWFUL},
        **{name: Rule(name, "weak") for name in _WEAK},
    }
)
"""All rules by id."""
