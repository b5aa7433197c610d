"""What sealed columns of stored methods hold: the gateway's token, and the label that its owner knows it by.

Both are "card" of the policy; a policy without that category has no stored methods.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from hostkeep.billing.models import StoredMethod
from hostkeep.billing.rules.gateways import CARD
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, PurposeId, SubjectId
from hostkeep.vault.column_door import ColumnWish, one_row, seal_columns, use_columns
from hostkeep.vault.columns import Boxed

R = TypeVar("R")

BILLING = PurposeId("billing")
TABLE = "billing_storedmethod"
COLUMNS = ("token", "label")


def seal_method(act: Act, row: StoredMethod, *, token: str, label: str) -> None:
    """Seal what is known of a method into its row, which is saved by whoever calls.

    Raises the vault's NotDeclared where the policy has no place for it.
    """
    sealed = seal_columns(
        _as_system(act, row), subject=SubjectId(row.subject), category=CARD, table=TABLE, row=str(row.id),
        values={"token": token, "label": label},
    )  # fmt: skip
    for name, box in sealed.items():
        setattr(row, name, box)


@dataclass(frozen=True, slots=True)
class Held:
    """What we hold of a method.

    token  what its gateway charges by; of one that nobody left yet the gateway's own id of the wish; or empty
    label  what its owner knows it by, once it was left; else empty
    """

    token: str = field(repr=False)
    label: str = field(repr=False)


NOTHING = Held("", "")


def use_held(act: Act, row: StoredMethod, fn: Callable[[Held], R]) -> R:
    """Hand what we hold of a method to fn, as the system does to charge it; NOTHING where it was erased."""
    wish = wish_for(row, _held, COLUMNS)
    return use_columns(_as_system(act, row), wishes=[wish], fn=lambda found: fn(found[0] or NOTHING))


def wish_for(
    row: StoredMethod, make: Callable[[Mapping[str, Any]], R], names: tuple[str, ...] = ("label",)
) -> ColumnWish[R]:
    """Return the wish for columns of a method, its label alone unless others are named."""
    boxes: dict[str, Boxed] = {name: getattr(row, name) for name in names}
    head = (BrandId(row.brand), SubjectId(row.subject), CARD)
    return one_row(head, table=TABLE, row=str(row.id), boxes=boxes, make=make)


def _held(values: Mapping[str, Any]) -> Held:
    """Make what is held of opened columns."""
    return Held(str(values["token"]), str(values["label"]))


def _as_system(act: Act, row: StoredMethod) -> Act:
    """Return the deed as the system's own, for billing."""
    return act.of_brand(BrandId(row.brand)).in_role("system").for_purpose(BILLING)
