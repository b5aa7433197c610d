"""Made-up people: answers for a form as the policy declares it, each with a mark that nobody else has."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from hostkeep.kernel.ids import CategoryId
from hostkeep.policy.book import Form
from hostkeep.policy.vocabulary.terms import inputs_of

ADDRESS = CategoryId("address")
PASSWORD = CategoryId("password")
PHONE = "+12025550143"
"""A number that is kept free for fiction.  Source: North American Numbering Plan, 555-0100 to 555-0199."""


@dataclass(frozen=True, slots=True)
class Persona:
    """Somebody who does not exist.

    inputs  what is posted, by name of the input: fields and the boxes that must be ticked
    values  by category, as the house keeps them; a password is not among them
    marks   texts that stand in these values and nowhere else
    """

    inputs: Mapping[str, str] = field(repr=False)
    values: Mapping[CategoryId, str] = field(repr=False)
    marks: tuple[str, ...] = field(repr=False)

    @property
    def email(self) -> str:
        """The address."""
        return self.inputs["email"]

    def posting(self, **more: str) -> dict[str, str]:
        """Return the form's body, with more keys or other values."""
        return {**self.inputs, **more}


def persona(form: Form) -> Persona:
    """Make somebody up who fills in every field of a form and ticks every box that must be ticked."""
    mark = f"canary{secrets.token_hex(8)}"
    inputs: dict[str, str] = {}
    values: dict[CategoryId, str] = {}
    for asked in form.fields:
        answers = dict(_answers(asked.category, mark))
        inputs |= answers
        if asked.category == ADDRESS:
            values[ADDRESS] = json.dumps(answers, ensure_ascii=False, sort_keys=True)
        elif asked.category != PASSWORD:
            values[asked.category] = answers[asked.category]
    ticks = {statement.id: "on" for statement in form.statements if statement.required}
    return Persona(MappingProxyType(inputs | ticks), MappingProxyType(values), (mark,))


def _answers(category: CategoryId, mark: str) -> Iterator[tuple[str, str]]:
    """Answer the inputs of one category."""
    made_up = {
        "email": f"{mark}@canary.invalid",
        "phone": PHONE,
        "password1": f"kept-by-{mark}",
        "address": f"1 {mark} Street",
        "city": "Nowhere",
        "postal_code": "1000 AA",
        "region": "",
        "country": "NL",
    }
    for name in inputs_of(category):
        yield name, made_up.get(name, mark)
