"""What a service's sealed columns hold: sealing them, and using them inside this room's own deeds.

What a customer chose is "chosen_service" of the policy; a driver's open facts (addresses, public keys, sizes)
are too.  What opens a service is no column: it lies in the vault by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, CategoryId, PurposeId, SubjectId
from hostkeep.provisioning.models import Service
from hostkeep.vault.column_door import one_row, seal_columns, use_columns
from hostkeep.vault.columns import Boxed

R = TypeVar("R")

CHOSEN = CategoryId("chosen_service")
SERVICE = PurposeId("service")
TABLE = "provisioning_service"
COLUMNS = ("title", "product", "driver", "spec", "facts", "kept")


@dataclass(frozen=True, slots=True)
class Contents:
    """What a service's sealed columns hold.

    driver  what runs it; empty once what was known of the service is erased
    facts   what its driver says in the open
    kept    names of the secrets that lie in the vault for it
    """

    title: str
    product: str
    driver: str
    spec: Mapping[str, str]
    facts: Mapping[str, str]
    kept: tuple[str, ...]


GONE = Contents("", "", "", {}, {}, ())


def boxes_of(row: Service, names: tuple[str, ...] = COLUMNS) -> dict[str, Boxed]:
    """Return sealed columns of a service, as they stand."""
    return {name: getattr(row, name) for name in names}


def seal_contents(act: Act, row: Service, **values: Any) -> None:
    """Seal values into columns of a service, which is saved by whoever calls."""
    sealed = seal_columns(
        _as_system(act, row), subject=SubjectId(row.subject), category=CHOSEN, table=TABLE, row=str(row.id),
        values=values,
    )  # fmt: skip
    for name, box in sealed.items():
        setattr(row, name, box)


def use_contents(act: Act, row: Service, fn: Callable[[Contents], R]) -> R:
    """Hand what a service's columns hold to fn, as the system does for the service itself; GONE if erased."""
    wish = one_row(
        (BrandId(row.brand), SubjectId(row.subject), CHOSEN),
        table=TABLE, row=str(row.id), boxes=boxes_of(row), make=_contents,
    )  # fmt: skip
    return use_columns(_as_system(act, row), wishes=[wish], fn=lambda found: fn(found[0] or GONE))


def _contents(values: Mapping[str, Any]) -> Contents:
    """Make the contents of opened columns."""
    return Contents(**{**values, "kept": tuple(values["kept"])})


def _as_system(act: Act, row: Service) -> Act:
    """Return the deed as the system's own, for the service."""
    return act.of_brand(BrandId(row.brand)).in_role("system").for_purpose(SERVICE)
