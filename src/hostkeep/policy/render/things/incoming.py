"""Say what comes in and who reads it."""

from __future__ import annotations

from collections.abc import Mapping

from hostkeep.kernel.ids import CategoryId, PurposeId
from hostkeep.policy.book import Form, FormField, Policy
from hostkeep.policy.render.things.saying import (
    NOTHING,
    Sayer,
    Saying,
    category_name,
    joined,
    listed,
    phrase,
    word,
)
from hostkeep.policy.render.wording import said
from hostkeep.policy.vocabulary.terms import family, say


def _category(policy: Policy, name: str, language: str) -> Saying:
    """Say a category."""
    if name not in policy.categories:
        return NOTHING
    return Saying("", category_name(policy, name, language))


def _gathers(policy: Policy, name: str, language: str) -> Saying:
    """Say a category that comes in by use."""
    found = CategoryId(name) in policy.gathers
    return Saying("", category_name(policy, name, language)) if found else NOTHING


def _never(policy: Policy, name: str, language: str) -> Saying:
    """Say a category that is not collected."""
    forbidden = {each for never in policy.never for named in never.categories for each in family(named)}
    return Saying("", category_name(policy, name, language)) if name in forbidden else NOTHING


def _channel(policy: Policy, name: str, language: str) -> Saying:
    """Say a way in."""
    return Saying("", word("channel", name, language)) if name in policy.channels else NOTHING


def _form(policy: Policy, name: str, language: str) -> Saying:
    """Say a form by what it asks, in its order."""
    form = policy.forms.get(name)
    if form is None:
        return NOTHING
    asked = [category_name(policy, each.category, language) for each in form.fields]
    ticked = [said(each.text, language) for each in form.statements]
    offered = [word("stream", each.stream, language) for each in form.choices]
    words = listed((*asked, *ticked, *offered)) or phrase("asks_nothing", language)
    return Saying(say("form", name, language), words)


def _on_form(policy: Policy, name: str) -> tuple[Form | None, str]:
    """Find the form of "signup/phone"; return it and what stands after the stroke."""
    form, _, entry = name.partition("/")
    return policy.forms.get(form), entry


def _field(policy: Policy, name: str, language: str) -> Saying:
    """Say a field of a form."""
    form, entry = _on_form(policy, name)
    found = next((each for each in form.fields if each.category == entry), None) if form else None
    if form is None or found is None:
        return NOTHING
    title = f"{say('form', form.name, language)}, {category_name(policy, entry, language)}"
    return Saying(title, f"{say('ask', _ask(found), language)}: {said(found.why, language)}")


def _ask(found: FormField) -> str:
    """Name how a field is asked."""
    if found.asked == "product":
        return "product"
    return "required" if found.required else "optional"


def _statement(policy: Policy, name: str, language: str) -> Saying:
    """Say a box to tick."""
    form, entry = _on_form(policy, name)
    found = next((each for each in form.statements if each.id == entry), None) if form else None
    if form is None or found is None:
        return NOTHING
    ask = say("ask", "required" if found.required else "optional", language)
    return Saying(say("form", form.name, language), f"{ask}: {said(found.text, language)}")


def _choice(policy: Policy, name: str, language: str) -> Saying:
    """Say a choice of messages."""
    form, entry = _on_form(policy, name)
    found = next((each for each in form.choices if each.stream == entry), None) if form else None
    if form is None or found is None:
        return NOTHING
    title = f"{say('form', form.name, language)}, {word('stream', entry, language)}"
    return Saying(title, phrase("ticked" if found.ticked else "unticked", language))


def _purpose(policy: Policy, name: str, language: str) -> Saying:
    """Say a purpose and its legal ground."""
    found = policy.purposes.get(PurposeId(name))
    if found is None:
        return NOTHING
    words = joined(say("basis", found.basis, language), said(found.balance, language))
    return Saying(said(found.label, language), words)


def _role(policy: Policy, name: str, language: str) -> Saying:
    """Say a role."""
    return Saying("", say("role", name, language)) if name in policy.roles else NOTHING


def _closes(policy: Policy, name: str, language: str) -> Saying:
    """Say which clause refuses what is not named of a sort."""
    return Saying(say("kind", name, language), policy.closed_by.get(name, ""))


INCOMING: Mapping[str, Sayer] = {
    "category": _category,
    "gathers": _gathers,
    "never": _never,
    "channel": _channel,
    "form": _form,
    "field": _field,
    "statement": _statement,
    "choice": _choice,
    "purpose": _purpose,
    "role": _role,
    "closes": _closes,
}
