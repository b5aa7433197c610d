"""For each rule a small policy that breaks it, where it is told, and the remedy that clears it."""

from __future__ import annotations

from dataclasses import dataclass

from hostkeep.policy.needs import AdapterNeeds
from tests.ground.policy.small import EVERYTHING, SMALL, changed

Change = tuple[str, str]

STREAM = "      account: {channels: [email], default: always}\n"
ALLOW = '  - {categories: "*", purposes: [rights], roles: [customer]}\n'
HOLDS = 'holds: {en: "a random number", vi: "một số ngẫu nhiên"}'
ACCOUNT = "  - {kind: retain, class: account, until: account.closed, plus: P0D, then: erase}\n"
DISCLOSE = "  - kind: disclose\n"
EU = "jurisdictions: [eu]"
RIGHTS = "  rights: legal_obligation\n"
EXPORT = "      export: {how: client_area}\n"
NO_EU = (EU, "jurisdictions: []")
RECIPIENT = "label: {en: Registry, vi: Registry}, basis: service, categories: [email], purposes: [account]"
NAMED = f"  - {{kind: disclose, recipients: {{registry: {{{RECIPIENT}}}}}}}\n"


def offers(basis: str, default: str = '"on"', *, own: str = ", own_only: true") -> tuple[Change, ...]:
    """Changes that add a stream of offers."""
    return (
        (STREAM, f"{STREAM}      offers: {{channels: [email], default: {default}{own}}}\n"),
        (RIGHTS, f"{RIGHTS}  offers: {basis}\n"),
        ("purposes: [account, account_messages,", "purposes: [offers, account, account_messages,"),
    )


@dataclass(frozen=True, slots=True)
class Case:
    """One rule broken.

    broken     changes to the base that break it
    where      the start of the line it is told at
    clause     the clause it is told under
    fix        changes to the broken text that follow the remedy
    installed  adapters in use
    """

    rule: str
    broken: tuple[Change, ...]
    where: str
    clause: str
    fix: tuple[Change, ...]
    base: str = SMALL
    installed: tuple[AdapterNeeds, ...] = ()

    def text(self) -> str:
        """The policy that breaks the rule."""
        return _with(self.base, self.broken)

    def remedied(self) -> str:
        """The policy after the remedy."""
        return _with(self.text(), self.fix)


def _with(text: str, changes: tuple[Change, ...]) -> str:
    """Apply changes, each to one place."""
    for old, new in changes:
        text = changed(old, new, base=text)
    return text


def adapter(**needs: frozenset[str] | str) -> tuple[AdapterNeeds, ...]:
    """One adapter called relay."""
    return (AdapterNeeds("relay", **needs),)  # type: ignore[arg-type]


WITHDRAW = (EXPORT, EXPORT + "      withdraw: {how: client_area}\n")
UNTICKED = (DISCLOSE, f"{DISCLOSE}    choices: {{signup: {{offers: unticked}}}}\n")
TICKED = (DISCLOSE, f"{DISCLOSE}    choices: {{signup: {{offers: ticked}}}}\n")
UNTICK = ("offers: ticked}}", "offers: unticked}}")
OFF = ('default: "on"', 'default: "off"')
