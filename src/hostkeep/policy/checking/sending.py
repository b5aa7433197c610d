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
            desk.say(found.at, says, "Let it hold a random number that the server knows.")
        if entry["life"] is None and "idle" in entry and not entry["idle"]:
            desk.say(found.at, f"The cookie {name} would end at once.", "Write an `idle` such as `PT20M`.")


def refuse_secret_recipients(desk: Desk, draft: Draft) -> None:
    """Refuse a recipient of customers' content, of cookies or of any other secret."""
    for found in draft.named("recipients"):
        name, entry = found.thing
        secret = [each for each in entry["categories"] if terms("category")[each].mark == "secret"]
        if secret:
            desk.say(
                found.at, f"Nobody outside may receive {listed(secret)}, nor may {name}.", "Take it out."
            )


def refuse_loud_streams(desk: Desk, draft: Draft) -> None:
    """Refuse mass mail that nobody can stop, and a box that comes ticked for a purpose on consent."""
    own: dict[str, str] = {}
    for found in draft.named("streams"):
        stream, entry = found.thing
        own[stream] = draft.purpose_of(stream, entry)
        if entry["default"] == "always" and terms("stream")[stream].mark == "mass":
            desk.say(found.at, f"Nobody could stop `{stream}`.", "Write `default: on` or `default: off`.")
    for box in draft.on_forms("choices"):
        _, stream, state = box.thing
        if terms("stream")[stream].mark != "mass":
            desk.say(
                box.at, f"`{stream}` is no choice: it is sent for the contract or the law.", "Take it out."
            )
        if state == "ticked" and draft.basis(own.get(stream, "")) == "consent":
            says = f"A box that comes ticked is no consent to `{stream}`."
            desk.say(box.at, says, "Write `unticked`.", level="unlawful")


def miss_streams(desk: Desk, draft: Draft) -> None:
    """Refuse a choice of no stream, a stream that reaches nobody, and a policy without the two it needs."""
    streams = {found.thing[0] for found in draft.named("streams")}
    for box in draft.on_forms("choices"):
        if box.thing[1] not in streams:
            desk.say(
                box.at, f"There is no stream `{box.thing[1]}` in this policy.", "Declare it, or take it out."
            )
    for stream in ("account", "policy_change"):
        if stream not in streams:
            desk.say(("clauses",), f"There is no stream `{stream}`.", "Add it to a communicate clause.")
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
                desk.say(found.at, says, f"Allow [{channel}] for [{purpose}] to [system].")


def miss_session(desk: Desk, draft: Draft) -> None:
    """Refuse a policy without the cookie that logging in needs."""
    if not any(found.thing[0] == "__Host-sid" for found in draft.named("cookies")):
        desk.say(
            ("clauses",),
            "No cookie `__Host-sid` is declared, so nobody can log in.",
            "Add it to a cookies clause.",
        )
