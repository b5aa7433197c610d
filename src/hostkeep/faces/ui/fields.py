"""A form as the policy declares it, laid out to be drawn by ui/asks.html.

Knows no framework, so that checkout, sign-up, contact page and API read the same declaration.
Start at `blank_form`; a post is read by faces.ui.reading.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from hostkeep.faces.ui import field_checks as checks
from hostkeep.faces.ui.countries import countries
from hostkeep.faces.ui.field_checks import Wrong
from hostkeep.faces.ui.words import said, spelled
from hostkeep.kernel.ids import CategoryId
from hostkeep.kernel.words import gettext_noop
from hostkeep.policy.book import Form, FormField, Policy
from hostkeep.policy.vocabulary.terms import ADDRESS, inputs_of, must_be_given, terms

PASSWORD = CategoryId("password")
ADDRESS_INPUTS = ("address", "city", "postal_code", "region", "country")

LABELS: Mapping[str, str] = MappingProxyType({
    "address": gettext_noop("Street and number"),
    "city": gettext_noop("City"),
    "postal_code": gettext_noop("Postal code"),
    "region": gettext_noop("Region"),
    "country": gettext_noop("Country"),
})
HINTS: Mapping[str, str] = MappingProxyType({
    "name": gettext_noop("As it should stand on invoices."),
    "email": gettext_noop("We send a link to confirm it."),
    "phone": gettext_noop("With country code, such as +49 30 901820."),
    "password1": gettext_noop("At least ten characters. A few words in a row make a good one."),
    "gov_id": gettext_noop("Stored sealed. Staff see the last three characters only."),
    "contacts": gettext_noop("Other ways to reach you, one a line."),
    "message": gettext_noop("Please send no passwords and no card numbers."),
})
KINDS: Mapping[str, str] = MappingProxyType({
    "email": "email", "phone": "tel", "password1": "password", "country": "select", "address": "area",
    "contacts": "area", "registrant": "area", "message": "area",
})
AUTOCOMPLETE: Mapping[str, str] = MappingProxyType({
    "name": "name", "email": "email", "phone": "tel", "company": "organization", "password1": "new-password",
    "address": "street-address", "city": "address-level2", "postal_code": "postal-code",
    "region": "address-level1", "country": "country", "gov_id": "off", "tax_id": "off",
})
"""Source: the autofill field names of the HTML standard."""


@dataclass(frozen=True, slots=True)
class Input:
    """One control.

    name          as it is posted, and its id on the page
    label, hint   texts to translate where they are no policy's own
    kind          "text", "email", "tel", "password", "area" or "select"
    options       (value, text) of a select
    problem       what is wrong with the value, or None
    """

    name: str
    label: str
    kind: str
    required: bool
    value: str = ""
    hint: str = ""
    autocomplete: str = ""
    longest: int = checks.OTHER_LENGTH
    options: tuple[tuple[str, str], ...] = ()
    problem: Wrong | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing the form asks: its controls, and beside them why and by which clause."""

    category: CategoryId
    label: str
    inputs: tuple[Input, ...]
    why: str
    clause: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A box: a statement or a message stream.  text: in the reader's language."""

    name: str
    text: str
    clause: str
    required: bool
    ticked: bool
    problem: Wrong | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """One line of the summary above the form.  name: the input it leads to."""

    name: str
    wrong: Wrong


@dataclass(frozen=True, slots=True)
class Answers:
    """What a person answered, checked.

    values      by category; the address as JSON with its five keys; a password is never among them
    statements  ids of the boxes ticked
    choices     by stream: yes or no, for each stream the form offers
    """

    values: Mapping[CategoryId, str]
    statements: frozenset[str]
    choices: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class PolicyForm:
    """A form ready to be drawn by ui/asks.html, and its answers where all is well."""

    form: Form
    asks: tuple[Ask, ...]
    statements: tuple[Tick, ...]
    choices: tuple[Tick, ...]
    problems: tuple[Problem, ...] = ()
    answers: Answers | None = field(default=None, repr=False)

    def label_of(self, name: str) -> str:
        """Return the label of an input, or an empty text for a box."""
        return next((i.label for ask in self.asks for i in ask.inputs if i.name == name), "")

    @property
    def facts(self) -> int:
        """How many personal facts the form asks; a password is none."""
        return sum(1 for ask in self.asks if ask.category != PASSWORD)

    def with_problem(self, name: str, text: str, **facts: str | int) -> PolicyForm:
        """Return the form with a problem found elsewhere, such as a weak password; it has no answers then."""
        wrong = Wrong(text, MappingProxyType(facts))
        asks = tuple(
            replace(ask, inputs=tuple(replace(i, problem=wrong) if i.name == name else i for i in ask.inputs))
            for ask in self.asks
        )
        return replace(self, asks=asks, problems=(*self.problems, Problem(name, wrong)), answers=None)


def narrowed(form: Form, categories: Collection[str]) -> Form:
    """Return the form for products that need these categories: what is always asked, and these."""
    kept = tuple(f for f in form.fields if f.asked == "always" or f.category in categories)
    return replace(form, fields=kept)


def blank_form(
    policy: Policy, form: Form, *, language: str, values: Mapping[str, str] | None = None
) -> PolicyForm:
    """Lay out a form to be filled in.  values: what is known already, by input name."""
    ticked = frozenset(choice.stream for choice in form.choices if choice.ticked)
    return Layout(policy, form, language, values or {}, ticked, MappingProxyType({})).drawn()


def input_names(category: CategoryId) -> tuple[str, ...]:
    """Return the names of the controls that ask for a category."""
    return inputs_of(category) if category in terms("category") else (str(category),)


def _sentence(text: str) -> str:
    """Begin with a capital and end with a stop: policies give reasons as half sentences."""
    stop = "" if text.endswith((".", "!", "?")) else "."
    return f"{text[:1].upper()}{text[1:]}{stop}" if text else ""


@dataclass(frozen=True, slots=True)
class Layout:
    """A form with its values and problems, about to be laid out.

    texts   by input name, as typed
    ticked  names of the boxes that are ticked
    wrong   what is wrong, by input name
    """

    policy: Policy
    form: Form
    language: str
    texts: Mapping[str, str]
    ticked: frozenset[str]
    wrong: Mapping[str, Wrong]

    def drawn(self) -> PolicyForm:
        """Return the form, ready for the template."""
        return PolicyForm(self.form, tuple(self._asks()), tuple(self._statements()), tuple(self._choices()))

    def _asks(self) -> Iterator[Ask]:
        for ask in self.form.fields:
            known = self.policy.categories.get(ask.category)
            label = said(known.label, self.language) if known else spelled(ask.category)
            inputs = tuple(self._input(ask, name, label) for name in input_names(ask.category))
            yield Ask(ask.category, label, inputs, _sentence(said(ask.why, self.language)), ask.clause)

    def _input(self, ask: FormField, name: str, label: str) -> Input:
        return Input(
            name=name,
            label=LABELS[name] if ask.category == ADDRESS else label,
            kind=KINDS.get(name, "text"),
            required=must_be_given(ask.category, name, required=ask.required),
            value="" if name == "password1" else self.texts.get(name, ""),
            hint=HINTS.get(name, ""),
            autocomplete=AUTOCOMPLETE.get(name, "off"),
            longest=checks.MAX_LENGTH.get(name, checks.OTHER_LENGTH),
            options=countries(self.language) if name == "country" else (),
            problem=self.wrong.get(name),
        )

    def _statements(self) -> Iterator[Tick]:
        for s in self.form.statements:
            text = said(s.text, self.language)
            yield Tick(s.id, text, s.clause, s.required, s.id in self.ticked, self.wrong.get(s.id))

    def _choices(self) -> Iterator[Tick]:
        for c in self.form.choices:
            known = self.policy.streams.get(c.stream)
            text = said(known.label, self.language) if known else spelled(c.stream)
            yield Tick(c.stream, text, c.clause, required=False, ticked=c.stream in self.ticked)
