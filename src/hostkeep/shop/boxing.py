"""What sealed columns of carts and orders hold: sealing them, and using them inside this room's own deeds.

A cart's lines are "cart" of the policy, sealed under the person whose account it is; a guest's cart is a
subject of its own, by the cart's handle, until an account adopts it.  What was ordered is "chosen_service".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, CategoryId, PurposeId, SubjectId
from hostkeep.shop.models import Cart, CartLine, OrderLine
from hostkeep.vault.column_door import GUEST, PERSON, ColumnWish, seal_rows, use_columns
from hostkeep.vault.columns import Boxed

R = TypeVar("R")

CART = CategoryId("cart")
CHOSEN = CategoryId("chosen_service")
KEEPING = PurposeId("cart")
LINES = "shop_cartline"
ORDERED = "shop_orderline"
COLUMNS = ("product", "plan", "title", "options", "driver", "spec", "answers", "requires", "recipient")


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a line of a cart asks for.

    plan     id
    choices  ids, in the options' order
    answers  by question
    add_ons  how many of each for one piece, by slug, in the catalogue's order
    """

    plan: UUID
    choices: tuple[str, ...]
    answers: Mapping[str, str]
    add_ons: Mapping[str, int] = field(default_factory=dict)

    def values(self) -> dict[str, Any]:
        """Return it as its column holds it."""
        said = {"plan": str(self.plan), "choices": list(self.choices), "answers": dict(self.answers)}
        return {"chosen": {**said, "add_ons": dict(self.add_ons)}}


def owner_of(cart: Cart) -> tuple[SubjectId, str]:
    """Return whose a cart is, and of what kind: its account's person, or a guest by the cart's own handle."""
    if cart.account is None:
        return SubjectId(cart.id), GUEST
    return SubjectId(cart.account.subject), PERSON


def seal_lines(act: Act, cart: Cart, lines: Mapping[UUID, Chosen]) -> dict[UUID, Boxed]:
    """Seal what lines of a cart ask for, by the line's id."""
    if not lines:
        return {}
    subject, kind = owner_of(cart)
    sealed = seal_rows(
        as_system(act, BrandId(cart.brand)), subject=subject, category=CART, table=LINES, kind=kind,
        rows={str(line): chosen.values() for line, chosen in lines.items()},
    )  # fmt: skip
    return {line: sealed[str(line)]["chosen"] for line in lines}


def use_lines(
    act: Act, cart: Cart, lines: Sequence[CartLine], fn: Callable[[list[tuple[CartLine, Chosen]]], R]
) -> R:
    """Hand lines of a cart to fn with what they ask for; one whose key is gone is no line any more.

    act  whoever looks, for a purpose of theirs; a guest's cart is read as a visitor's, whoever holds it
    """
    subject, kind = owner_of(cart)
    head = (BrandId(cart.brand), subject, CART)
    rows = ({str(line.id): {"chosen": line.chosen}} for line in lines)
    wishes = [ColumnWish(*head, LINES, row, _chosen, kind) for row in rows]
    if kind == GUEST and act.role == "customer":
        act = act.in_role("visitor")
    if kind == GUEST and act.role == "visitor":
        act = act.for_purpose(KEEPING)

    def found(opened: tuple[Chosen | None, ...]) -> R:
        both = zip(lines, opened, strict=True)
        return fn([(line, chosen) for line, chosen in both if chosen is not None])

    return use_columns(act, wishes=wishes, fn=found)


def seal_ordered(
    act: Act, subject: SubjectId, rows: Mapping[UUID, Mapping[str, Any]]
) -> dict[UUID, dict[str, Boxed]]:
    """Seal what order lines hold, by the line's id and column."""
    named = {str(line): columns for line, columns in rows.items()}
    sealed = seal_rows(act, subject=subject, category=CHOSEN, table=ORDERED, rows=named)
    return {line: sealed[str(line)] for line in rows}


def boxes_of(line: OrderLine) -> dict[str, Boxed]:
    """Return the sealed columns of an order line; without add-ons, none for these."""
    boxes = {name: getattr(line, name) for name in COLUMNS}
    return boxes if line.add_ons is None else {**boxes, "add_ons": line.add_ons}


def as_system(act: Act, brand: BrandId) -> Act:
    """Return a deed as the system's own, for the cart's keeping."""
    return act.of_brand(brand).in_role("system").for_purpose(KEEPING)


def _chosen(found: Mapping[str, Mapping[str, Any]]) -> Chosen:
    """Make what a line asks for of its one opened column."""
    ((columns),) = found.values()
    said = columns["chosen"]
    return Chosen(UUID(said["plan"]), tuple(said["choices"]), said["answers"], said.get("add_ons", {}))
