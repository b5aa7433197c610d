"""What comes in: categories, forms and their fields, boxes and choices, and what must never come in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hostkeep.kernel.ids import ClauseId
from hostkeep.policy.book import Choice, Form, FormField, Policy, Statement
from hostkeep.policy.changing.change import Change, change
from hostkeep.policy.changing.places import clause_of_category, clause_of_kind
from hostkeep.policy.changing.steps import both, entries, graded, named, other, placed, ranked
from hostkeep.policy.vocabulary.terms import family


def collected(old: Policy, new: Policy) -> Iterator[Change]:
    """Compare what comes in."""
    yield from named("collect", "category ", _categories(old), _categories(new), "new_category")
    yield from placed("collect", "gathers ", old.gathers, new.gathers, "wider_collection")
    yield from named("collect", "channel ", _channels(old, new), _channels(new, new), "wider_collection")
    for name in {**old.forms, **new.forms}:
        yield from _form(old.forms.get(name), new.forms.get(name))
    yield from placed("collect", "never ", _nevers(old), _nevers(new), "new_prohibition")


def _categories(policy: Policy) -> dict[str, ClauseId]:
    """Return each category with the clause by which it comes in."""
    return {name: clause_of_category(policy, name) for name in policy.categories}


def _channels(policy: Policy, named_by: Policy) -> dict[str, ClauseId]:
    """Return the ways in, all under one clause of one of the two policies: they stand in the head."""
    return dict.fromkeys(policy.channels, clause_of_kind(named_by, "collect"))


def _nevers(policy: Policy) -> dict[str, ClauseId]:
    """Return each forbidden category, children too, with the first clause that forbids it."""
    found: dict[str, ClauseId] = {}
    for never in policy.never:
        for parent in sorted(never.categories):
            for each in sorted(family(parent)):
                found.setdefault(each, never.clause)
    return found


def _form(old: Form | None, new: Form | None) -> Iterator[Change]:
    """Compare one form; a form that comes or goes is told of by what it asks."""
    forms = [form for form in (old, new) if form is not None]
    name, first, last = forms[0].name, forms[0], forms[-1]
    before = {name: first.closed_by} if old else {}
    after = {name: last.closed_by} if new else {}
    yield from placed("collect", "form ", before, after, "label")
    empty = Form(name, (), (), (), first.closed_by)
    was, now = old or empty, new or empty
    yield from _fields(was, now)
    yield from _statements(was, now)
    yield from _choices(was, now)
    if _order(was, now) != _order(now, was):
        yield change("collect", "changed", f"form {name}", now.closed_by, "order")


def _fields(old: Form, new: Form) -> Iterator[Change]:
    """Compare the fields of a form."""
    before: Mapping[str, FormField] = {each.category: each for each in old.fields}
    after: Mapping[str, FormField] = {each.category: each for each in new.fields}
    prefix = f"field {new.name}/"
    yield from entries("collect", prefix, before, after, "wider_collection")
    for name, was, now in both(before, after):
        # What single products ask for compares with neither of the other ways.
        step = other(was.asked, now.asked) | ranked((False, True), was.required, now.required)
        yield from graded("collect", f"{prefix}{name}", now.clause, "wider_collection", step)


def _statements(old: Form, new: Form) -> Iterator[Change]:
    """Compare the boxes to tick: one that must be ticked asks more, one that need not protects less."""
    before: Mapping[str, Statement] = {each.id: each for each in old.statements}
    after: Mapping[str, Statement] = {each.id: each for each in new.statements}
    prefix = f"statement {new.name}/"
    for found in entries("collect", prefix, before, after, "wider_collection"):
        if found.what == "removed":
            yield change("collect", "removed", found.thing, found.clause, "weaker_protection")
        else:
            yield found
    for name, was, now in both(before, after):
        if was.required != now.required:
            why = "wider_collection" if now.required else "weaker_protection"
            yield change("collect", "changed", f"{prefix}{name}", now.clause, why)


def _choices(old: Form, new: Form) -> Iterator[Change]:
    """Compare the messages that a form lets one choose."""
    before: Mapping[str, Choice] = {each.stream: each for each in old.choices}
    after: Mapping[str, Choice] = {each.stream: each for each in new.choices}
    prefix = f"choice {new.name}/"
    yield from entries("communicate", prefix, before, after, "stronger_choice")
    for name, was, now in both(before, after):
        step = ranked((False, True), was.ticked, now.ticked)
        yield from graded("communicate", f"{prefix}{name}", now.clause, "weaker_choice", step)


def _order(form: Form, beside: Form) -> list[tuple[str, str]]:
    """Name what stands on a form and on the one beside it, in the order of the first."""
    shared = set(_names(beside))
    return [each for each in _names(form) if each in shared]


def _names(form: Form) -> list[tuple[str, str]]:
    """Name all that stands on a form, in its order."""
    return [
        *(("field", each.category) for each in form.fields),
        *(("statement", each.id) for each in form.statements),
        *(("choice", each.stream) for each in form.choices),
    ]
