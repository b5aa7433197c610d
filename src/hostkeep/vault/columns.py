"""Model fields that hold a sealed text, for columns of the rooms that stand beside an account.

A field never opens anything: its value in Python is a Boxed, which prints as "<sealed column>".  Values come
out through vault.column_door alone, for a purpose that the policy allows, and each batch is entered in the
audit.  A text is bound to its table, column and row, to its subject and retention class, and to the policy
it was given under: moved anywhere else it does not open.

SealedJSON is the other kind, for what lives a day and has no subject: it opens by itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NoReturn

from django.core.exceptions import FieldError
from django.db import models

from hostkeep.vault import cipher

MARK = "c2."
"""What a text behind the door begins with: "c2.<retention class>.<digest of the policy>.<base64>"."""

OLD_MARK = cipher.COLUMN_MARK
"""What a text begins with that was sealed under an epoch's key, before the door."""

PARTS = 4


@dataclass(frozen=True, slots=True, repr=False)
class Boxed:
    """A sealed text of one column.  It cannot open itself."""

    text: str

    def __repr__(self) -> str:
        return "<sealed column>"

    __str__ = __repr__

    @property
    def is_old(self) -> bool:
        """Whether it was sealed before the door: under an epoch's key, bound to table and column alone."""
        return self.text.startswith(OLD_MARK)

    @property
    def keep_class(self) -> str:
        """The retention class whose key seals it.  Raises BrokenSeal."""
        return self._parts()[1]

    @property
    def digest(self) -> str:
        """The digest of the policy it was given under; the seal is bound to it.  Raises BrokenSeal."""
        return self._parts()[2]

    @property
    def packed(self) -> str:
        """The box itself, URL-safe base64.  Raises BrokenSeal."""
        return self._parts()[3]

    def _parts(self) -> list[str]:
        """Take the text apart.  Raises BrokenSeal."""
        found = self.text.split(".", PARTS - 1)
        if len(found) != PARTS or not self.text.startswith(MARK):
            raise cipher.BrokenSeal
        return found


@dataclass(frozen=True, slots=True)
class Place:
    """What a table's sealed columns are, for jobs that go through all rows of a table.

    category  of the policy
    brand     look-up path from a row to its brand
    subject   paths to whose it is; the first that leads somewhere counts
    row       paths whose values, joined by "/", name the row in the seal
    """

    category: str
    brand: str
    subject: tuple[str, ...]
    row: tuple[str, ...] = ("id",)


class _Unsearchable(models.TextField):  # type: ignore[type-arg]
    """A text that the database cannot search.

    Each write draws a new nonce, so equal values do not look equal, and nothing but isnull can be asked: any
    other look-up raises FieldError.  Ordering by such a column orders by chance.
    Deconstructs to Django's own TextField, so that no migration knows of it.
    """

    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    def deconstruct(self) -> Any:
        """Tell migrations that this is a TextField."""
        name, _path, args, kwargs = super().deconstruct()
        kwargs.pop("default", None)
        return name, "django.db.models.TextField", args, kwargs

    def to_python(self, value: Any) -> Any:
        """Leave a value as it is."""
        return value

    def get_lookup(self, lookup_name: str) -> Any:
        """Refuse to search."""
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else self._refuse()

    def get_transform(self, lookup_name: str) -> Any:
        """Refuse to look inside."""
        del lookup_name
        self._refuse()

    def _refuse(self) -> NoReturn:
        """Say that a search is a mistake."""
        raise FieldError(f"{self.model.__name__}.{self.name} is sealed: the database cannot search it")


class SealedColumn(_Unsearchable):
    """A column behind the door: takes and gives a Boxed, and nothing else."""

    _pyi_private_set_type: Boxed
    _pyi_private_get_type: Boxed

    def get_prep_value(self, value: Any) -> str | None:
        """Hand the sealed text on.  Raises TypeError for what did not come out of the door."""
        if value is None:
            return None
        if not isinstance(value, Boxed):
            raise TypeError(f"{self.name} takes what vault.column_door sealed")
        return value.text

    def from_db_value(self, value: str | None, *_: Any) -> Boxed | None:
        """Wrap the text."""
        return None if value is None else Boxed(value)


class SealedJSON(_Unsearchable):
    """JSON sealed under the epoch's key, bound to its table and column.  Not the door: who reads it has it.

    A text that is not sealed, or was sealed for another column, raises BrokenSeal when it is read.
    """

    def get_prep_value(self, value: Any) -> str | None:
        """Seal on the way in.  Raises TypeError for what is not JSON."""
        if value is None:
            return None
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return cipher.seal_column(text, place=self._place())

    def from_db_value(self, value: str | None, *_: Any) -> Any:
        """Open on the way out.  Raises BrokenSeal."""
        return None if value is None else json.loads(cipher.unseal_column(value, place=self._place()))

    def _place(self) -> str:
        """Return what the seal is bound to."""
        return f"{self.model._meta.db_table}.{self.column}"  # noqa: SLF001  Django's documented way to a table's name
