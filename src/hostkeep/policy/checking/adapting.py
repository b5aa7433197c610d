"""Can the adapters that a brand uses do their work under its policy?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hostkeep.policy.checking.collecting import nevers
from hostkeep.policy.desk import Desk, Path
from hostkeep.policy.draft import Draft
from hostkeep.policy.needs import GATEWAYS, AdapterNeeds
from hostkeep.policy.shapes import listed


@dataclass(frozen=True, slots=True)
class _Used:
    """An adapter in use.  what: "gateway" where the policy names it, else "adapter"."""

    at: Path
    what: str
    needs: AdapterNeeds

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"The {self.what} `{self.needs.name}`"


def refuse_forbidden_needs(desk: Desk, draft: Draft) -> None:
    """Refuse an adapter that handles what a clause forbids."""
    for never in nevers(draft):
        for used in _used(desk, draft):
            clash = sorted((used.needs.keeps | used.needs.touches) & draft.family(never.thing))
            if clash:
                says = (
                    f"{used.name} needs `{clash[0]}`, but {never.clause} "
                    f"(line {desk.line(never.at)}) forbids `{never.thing}`."
                )
                instead = f"Take the {used.what} out, or the prohibition."
                desk.say(used.at, says, instead, rule=f"lint.{used.what}.forbidden")


def miss_needs(desk: Desk, draft: Draft) -> None:
    """Refuse an adapter that lacks a category, a recipient or a cookie."""
    cookies = {found.thing[0] for found in draft.named("cookies")}
    for used in _used(desk, draft):
        for category in sorted(used.needs.keeps - set(draft.categories)):
            says = f"{used.name} needs the category `{category}`."
            instead = f"Declare it, or take the {used.what} out."
            desk.say(used.at, says, instead, rule=f"lint.{used.what}.category")
        for cookie in sorted(used.needs.cookies - cookies):
            says = f"{used.name} sets the cookie `{cookie}`, which no clause declares."
            instead = f"Declare it, or take the {used.what} out."
            desk.say(used.at, says, instead, rule="lint.adapter.cookie")
        _miss_recipient(desk, draft, used)


def _miss_recipient(desk: Desk, draft: Draft, used: _Used) -> None:
    """Refuse an adapter whose recipient the policy does not name, or does not allow enough."""
    name, rule = used.needs.recipient, f"lint.{used.what}.recipient"
    if not name:
        return
    given = {found.thing[0]: found for found in draft.named("recipients")}
    if name not in given:
        says = f"{used.name} sends data to `{name}`, who is no recipient here{_shut_by(desk, draft)}."
        instead = f"Add a recipient `{name}`, or take the {used.what} out."
        desk.say(used.at, says, instead, rule=rule)
        return
    more = sorted(used.needs.discloses - set(given[name].thing[1]["categories"]))
    if more:
        says = (
            f"{used.name} hands {listed(more)} to `{name}`, which {given[name].clause} "
            f"(line {desk.line(given[name].at)}) does not allow."
        )
        instead = f"Add {listed(more)} to its categories, or take the {used.what} out."
        desk.say(used.at, says, instead, rule=rule)


def _shut_by(desk: Desk, draft: Draft) -> str:
    """Name the clause that says who receives, if there is one."""
    for block in sorted(draft.of_kind("disclose"), key=lambda block: "nobody" not in block.keys):
        return f": {block.clause} (line {desk.line(block.at)}) says who is"
    return ""


def _used(desk: Desk, draft: Draft) -> Iterator[_Used]:
    """Go through the gateways that the policy names and the other adapters the brand uses."""
    named = draft.head.get("gateways", ())
    installed = {needs.name: needs for needs in desk.installed}
    for name in named:
        yield _Used(("policy", "gateways"), "gateway", installed.pop(name, GATEWAYS[name]))
    for needs in installed.values():
        yield _Used(("policy",), "adapter", needs)
