"""Values of customers, for programs of staff: one at a time, for a purpose that the policy names."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest
from ninja import Field, Router, Schema

from hostkeep.faces.api.keyed import Needs, act_of_key
from hostkeep.kernel.ids import CategoryId
from hostkeep.people.errors import NoSuchAccount
from hostkeep.people.finding import account_numbered
from hostkeep.vault import door, search

router = Router()

Word = Annotated[str, Field(max_length=64)]
Sentence = Annotated[str, Field(max_length=200)]


class Value(Schema):
    """A value, or null where there is none."""

    number: str
    category: str
    purpose: str
    value: str | None


@router.get(
    "/{number}/{category}", response=Value, auth=Needs("people:read"), operation_id="read_value_of_customer"
)
def read_value(
    request: HttpRequest, number: Word, category: Word, purpose: Word, reason: Sentence = ""
) -> Value:
    """Open one value of a customer, in the role of the key, for the purpose named.

    What the brand's policy does not list is refused with its clause, and stands in the log either way.
    """
    act = act_of_key(request, purpose)
    try:
        row = account_numbered(act.brand, number)
    except NoSuchAccount:
        search.demand_right(act, category=CategoryId(category), reason=reason)
        raise
    sealed = door.reveal(act, subject=row.subject, category=CategoryId(category), reason=reason)
    value = sealed.open() if sealed is not None else None
    return Value(number=row.number, category=category, purpose=purpose, value=value)
