"""The one root of every error the house foresees."""

from __future__ import annotations

from typing import ClassVar


class Foreseen(Exception):
    """A refusal that a caller can act on.

    code    stable, dotted, part of the public API: "billing.invoice.empty"
    title   one plain English sentence, marked with kernel.words.gettext_noop; faces translate it.
            It may hold {named} fields that facts fill.
    status  the HTTP status a face answers with
    Subclasses take facts as keyword arguments and never personal data.  The fact `clause`, where
    given, is the id of the policy's clause that says no.
    """

    code: ClassVar[str] = "house.refused"
    title: ClassVar[str] = ""
    status: ClassVar[int] = 409

    def __init__(self, **facts: str | int) -> None:
        super().__init__(self.code)
        self.facts = facts

    @property
    def clause(self) -> str:
        """The clause that refused, or an empty text."""
        return str(self.facts.get("clause", ""))
