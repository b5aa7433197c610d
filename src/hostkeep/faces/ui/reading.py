"""A post to a form the policy declares: what it may hold, and what comes out of it."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from hostkeep.faces.ui import field_checks as checks
from hostkeep.faces.ui.field_checks import Check, Reader, Wrong
from hostkeep.faces.ui.fields import (
    ADDRESS_INPUTS,
    PASSWORD,
    Answers,
    Layout,
    PolicyForm,
    Problem,
    input_names,
)
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import CategoryId
from hostkeep.kernel.words import gettext_noop
from hostkeep.policy.book import Form, FormField, Policy
from hostkeep.policy.vocabulary.terms import ADDRESS, must_be_given

TICKED = frozenset({"on", "1", "true", "yes"})
TICK_THIS = Wrong(gettext_noop("Tick this to go on."))

_PLAIN_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,39}")


class UndeclaredField(Foreseen):
    """The post holds something this form does not ask."""

    code = "form.field.undeclared"
    title = gettext_noop("This form has no field “{field}”. Nothing was stored.")
    status = 422


def read_form(
    policy: Policy,
    form: Form,
    posted: Mapping[str, Sequence[str]],
    *,
    reader: Reader,
    also: Collection[str] = (),
) -> PolicyForm:
    """Read a post.  The result has answers, or problems.

    posted  every key of the body with its values, files included by their names
    also    keys that are no answers: tokens, names of buttons, "next"
    Raises UndeclaredField, naming the clause that closes the form; nothing of the post is kept then.
    """
    names = [name for ask in form.fields for name in input_names(ask.category)]
    ticks = [s.id for s in form.statements] + [c.stream for c in form.choices]
    for key in posted:
        if key not in names and key not in ticks and key not in also:
            shown = key if _PLAIN_KEY.fullmatch(key) else "?"
            raise UndeclaredField(clause=form.closed_by, field=shown)
    reading = _Reading(form, posted, reader)
    wrong = reading.wrong
    ticked = frozenset(t for t in ticks if any(v.lower() in TICKED for v in posted.get(t, ())))
    wrong |= {s.id: TICK_THIS for s in form.statements if s.required and s.id not in ticked}
    drawn = Layout(policy, form, reader.language, reading.texts, ticked, wrong).drawn()
    problems = tuple(Problem(name, wrong[name]) for name in (*names, *ticks) if name in wrong)
    if problems:
        return replace(drawn, problems=problems)
    return replace(drawn, answers=_answers(form, reading.texts, ticked))


def _answers(form: Form, texts: Mapping[str, str], ticked: frozenset[str]) -> Answers:
    """Gather what was checked."""
    values: dict[CategoryId, str] = {}
    for ask in form.fields:
        if ask.category == ADDRESS and texts.get("address"):
            parts = {name: texts.get(name, "") for name in ADDRESS_INPUTS}
            values[ADDRESS] = json.dumps(parts, ensure_ascii=False, sort_keys=True)
        elif ask.category not in (ADDRESS, PASSWORD) and texts.get(ask.category):
            values[ask.category] = texts[ask.category]
    statements = frozenset(s.id for s in form.statements if s.id in ticked)
    choices = {c.stream: c.stream in ticked for c in form.choices}
    return Answers(MappingProxyType(values), statements, MappingProxyType(choices))


class _Reading:
    """The texts of one post, and what is wrong with them."""

    def __init__(self, form: Form, posted: Mapping[str, Sequence[str]], reader: Reader) -> None:
        self.posted = posted
        self.texts: dict[str, str] = {}
        self.wrong: dict[str, Wrong] = {}
        self.reader = reader
        if any(ask.category == ADDRESS for ask in form.fields):
            self._take("country")
            if self.texts["country"]:
                self._check("country", checks.CHECKS["country"])
            known = "" if "country" in self.wrong else self.texts["country"]
            self.reader = replace(reader, country=known)
        for ask in form.fields:
            self._read(ask)

    def _read(self, ask: FormField) -> None:
        names = input_names(ask.category)
        for name in names:
            self._take(name)
        needed = ask.required or (ask.category == ADDRESS and any(self.texts[name] for name in names))
        for name in names:
            if self.texts[name]:
                self._check(name, checks.CHECKS.get(name))
            elif needed and name == "postal_code":
                self._check(name, checks.postal_code)
            elif must_be_given(ask.category, name, required=needed):
                self.wrong.setdefault(name, checks.MISSING)

    def _take(self, name: str) -> None:
        """Tidy one posted value; keep it as typed where it cannot be tidied, to show it again."""
        given = self.posted.get(name, ())
        raw = given[0] if given else ""
        found = raw if name == "password1" else checks.tidy(name, raw)
        if isinstance(found, Wrong):
            self.wrong[name] = found
        if len(given) > 1:
            self.wrong[name] = checks.TWICE
        self.texts[name] = raw[: checks.OTHER_LENGTH] if isinstance(found, Wrong) else found

    def _check(self, name: str, check: Check | None) -> None:
        """Check one tidy value, and keep the spelling the check returns."""
        if name in self.wrong or check is None:
            return
        found = check(self.texts[name], self.reader)
        if isinstance(found, Wrong):
            self.wrong[name] = found
        else:
            self.texts[name] = found
