"""Shapes that several resources share, and how bodies are read: what is not named in a body is refused."""

from __future__ import annotations

import json
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Field, Schema
from pydantic import ConfigDict

from hostkeep.faces.api.refusals import BadFields
from hostkeep.faces.ui.errors import answer
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.money import CURRENCIES, Money
from hostkeep.kernel.terms import Term as Length
from hostkeep.shop.errors import NoSuchCurrency
from hostkeep.shop.rules.rows import AddOnTaken as Taken

Slug = Annotated[str, Field(max_length=60, pattern=r"^[a-z0-9][a-z0-9._-]*$")]
Code = Annotated[str, Field(max_length=3, pattern=r"^[A-Z]{3}$")]


class Told(Schema):
    """A body.  A member that it does not name is refused, so that nobody sets what is not theirs to set."""

    model_config = ConfigDict(extra="forbid")


class Amount(Schema):
    """Money.  minor: whole units of 10^-places of the currency, such as cents."""

    minor: int
    currency: str


class Term(Schema):
    """How long a period is.  unit: hour, day, month or year."""

    unit: str
    count: int


class AddOnTaken(Schema):
    """An add-on of a line of a cart or order.

    pieces     how many one piece of the line has of it
    recurring  all pieces of the line, each term; once: with the first bill
    """

    slug: str
    name: str
    pieces: int
    recurring: Amount
    once: Amount


class AmountTold(Told):
    """Money as a caller says it."""

    minor: int = Field(ge=0, le=10**15)
    currency: Code


def term(length: Length) -> Term:
    """Show a term."""
    return Term(unit=length.unit, count=length.count)


def amount(money: Money) -> Amount:
    """Show money."""
    return Amount(minor=money.minor, currency=money.currency.code)


def add_on_taken(row: Taken) -> AddOnTaken:
    """Show an add-on of a line."""
    return AddOnTaken(
        slug=row.slug, name=row.name, pieces=row.pieces, recurring=amount(row.cost.recurring),
        once=amount(row.cost.setup),
    )  # fmt: skip


def money_of(told: AmountTold) -> Money:
    """Read money.  Raises NoSuchCurrency."""
    if told.currency not in CURRENCIES:
        raise NoSuchCurrency
    return Money(told.minor, CURRENCIES[told.currency])


def bad_fields(request: HttpRequest, errors: list[dict[str, str]], clause: str = "") -> HttpResponse:
    """Refuse values that do not fit: a problem document with a list of what is wrong, never the values.

    errors  field, why, and the clause that asks for it where there is one
    """
    refusal = BadFields(clause=clause) if clause else BadFields()
    return with_errors(request, refusal, errors)


def with_errors(request: HttpRequest, refusal: Foreseen, errors: list[dict[str, str]]) -> HttpResponse:
    """Answer a refusal with a list of what is wrong: the member `errors` of its document."""
    response = answer(request, refusal)
    told = {**json.loads(response.content), "errors": errors}
    response.content = json.dumps(told, ensure_ascii=False).encode()
    return response
