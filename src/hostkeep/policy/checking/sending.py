"""Do cookies, messages and recipients hold together?"""

from __future__ import annotations

from hostkeep.policy.desk import Desk
from hostkeep.policy.draft import Draft
from hostkeep.policy.shapes import listed
from hostkeep.policy.vocabulary.terms import terms

NO_COOKIE = frozenset({"password", "service_secret", "second_factor", "card", "bank_account", "gov_id"})
"""What no cookie may hold or point to."""

_PASSWORD = ("password", "mật khẩu")


def refuse_secret_cookies(desk: Desk, draft: Draft) -> None:
    """Refuse a cookie that holds a password or another secret."""
    for found in draft.named("cookies"):
        name, entry = found.thing
        shown = [each for each in entry.get("carries", ()) if each in NO_COOKIE]
        said = [word for word in _PASSWORD for line in entry["holds"].values() if word in line.lower()]
        if shown or said:
            says = f"The cookie {name} would hold a secret ({listed(shown or said)})."
            instead = "Let it hold a random number that the server knows."
            desk.say(found.at, says, instead, rule="lint.cookie.secret")
        if entry["life"] is None and "idle" in entry and not entry["idle"]:
            says = f"The cookie {name} would end at once."
            desk.say(found.at, says, "Write an `idle` such as `PT20M`.", rule="lint.cookie.over")


def refuse_secret_recipients(desk: Desk, draft: Draft) -> None:
    """Refuse a recipient of customers' content, of cookies or of any other secret."""
    for found in draft.named("recipients"):
        name, entry = found.thing
        secret = [each for each in entry["categories"] if terms("category")[each].mark == "secret"]
        if secret:
            says = f"Nobody outside may receive {listed(secret)}, nor may {name}."
            desk.say(found.at, says, "Take it out.", rule="lint.disclose.secret")


def refuse_contradiction(desk: Desk, draft: Draft) -> None:
    """Refuse a recipient beside a clause that says: nobody, whatever the purpose."""
    for shut in draft.placed("nobody"):
        for found in draft.named("recipients") if shut.thing else ():
            name, entry = found.thing
            if not entry.get("exception", False):
                says = (
                    f"{shut.clause} (line {desk.line(shut.at)}) lets nobody outside receive anything, "
                    f"but {found.clause} names `{name}`."
                )
                instead = (
                    f"Take `nobody` out of {shut.clause} and say there who receives what, or take "
                    f"`{name}` and what needs it out; `exception: true` is for what the law compels."
                )
                desk.say(found.at, says, instead, rule="lint.disclose.contradiction")


def refuse_loud_streams(desk: Desk, draft: Draft) -> None:
    """Refuse mass mail that nobody can stop, and a choice of what is no choice."""
    for found in draft.named("streams"):
        stream, entry = found.thing
        if entry["default"] == "always" and terms("stream")[stream].mark == "mass":
            says = f"Nobody could stop `{stream}`."
            desk.say(found.at, says, "Write `default: on` or `default: off`.", rule="lint.stream.always")
    for box in draft.on_forms("choices"):
        stream = box.thing[1]
        if terms("stream")[stream].mark != "mass":
            says = f"`{stream}` is no choice: it is sent for the contract or the law."
            desk.say(box.at, says, "Take it out.", rule="lint.stream.no_choice")


def miss_streams(desk: Desk, draft: Draft) -> None:
    """Refuse a choice of no stream, a stream that reaches nobody, and a policy without the two it needs."""
    streams = {found.thing[0] for found in draft.named("streams")}
    for box in draft.on_forms("choices"):
        if box.thing[1] not in streams:
            says = f"There is no stream `{box.thing[1]}` in this policy."
            desk.say(box.at, says, "Declare it, or take it out.", rule="lint.stream.missing")
    for stream in ("account", "policy_change"):
        if stream not in streams:
            says = f"There is no stream `{stream}`."
            desk.say(("clauses",), says, "Add it to a communicate clause.", rule="lint.stream.missing")
    _miss_addresses(desk, draft)


def _miss_addresses(desk: Desk, draft: Draft) -> None:
    """Refuse a stream whose purpose lets nobody read the address it goes to."""
    cells = {
        (category, purpose)
        for allow in draft.allows()
        for category in allow.thing.categories
        for purpose in allow.thing.purposes
    }
    for found in draft.named("streams"):
        stream, entry = found.thing
        purpose = draft.purpose_of(stream, entry)
        for channel in entry["channels"]:
            if (channel, purpose) not in cells:
                says = f"`{stream}` goes by {channel}, but nobody may read `{channel}` for `{purpose}`."
                instead = f"Allow [{channel}] for [{purpose}] to [system]."
                desk.say(found.at, says, instead, rule="lint.stream.unreachable")


def miss_session(desk: Desk, draft: Draft) -> None:
    """Refuse a policy without the cookie that logging in needs."""
    if not any(found.thing[0] == "__Host-sid" for found in draft.named("cookies")):
        desk.say(
            ("clauses",),
            "No cookie `__Host-sid` is declared, so nobody can log in.",
            "Add it to a cookies clause.",
            rule="lint.cookie.session",
        )
