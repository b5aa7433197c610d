"""Model fields that seal what they hold, for columns of the rooms that stand beside an account.

What they keep: a dump, the write-ahead log, a replica and a backup are silent about these columns, as the
keys lie outside the database.  A value is bound to its table and column: moved to another column it does not
open; moved to another row of the same column it does.

What they are not: the door.  Whoever reads a model reads the value: no purpose is asked, no policy decides,
nothing is entered in the audit, and no key of a subject can be thrown away to erase it.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

from django.core.exceptions import FieldError
from django.db import models

from hostkeep.vault import cipher

MARK = cipher.COLUMN_MARK
"""What a sealed text begins with."""


class SealedJSON(models.TextField):  # type: ignore[type-arg]
    """JSON that stands sealed in the database.

    Each write draws a new nonce, so equal values do not look equal, and nothing but isnull can be asked: any
    other look-up raises FieldError.  Ordering by such a column orders by chance.  A text that is not sealed,
    or was sealed for another column, raises BrokenSeal when it is read.
    Deconstructs to Django's own TextField, so that no migration knows of it.
    """

    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    def deconstruct(self) -> Any:
        """Tell migrations that this is a TextField."""
        name, _path, args, kwargs = super().deconstruct()
        kwargs.pop("default", None)
        return name, "django.db.models.TextField", args, kwargs

    def get_prep_value(self, value: Any) -> str | None:
        """Seal on the way in.  Raises TypeError for what is not JSON."""
        if value is None:
            return None
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return cipher.seal_column(text, place=self._place())

    def from_db_value(self, value: str | None, *_: Any) -> Any:
        """Open on the way out.  Raises BrokenSeal."""
        return None if value is None else json.loads(cipher.unseal_column(value, place=self._place()))

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

    def _place(self) -> str:
        """Return what the seal is bound to."""
        return f"{self.model._meta.db_table}.{self.column}"  # noqa: SLF001  Django's documented way to a table's name

    def _refuse(self) -> NoReturn:
        """Say that a search is a mistake."""
        raise FieldError(f"{self.model.__name__}.{self.name} is sealed: the database cannot search it")


class SealedText(SealedJSON):
    """A text that stands sealed in the database.  As SealedJSON."""

    _pyi_private_set_type: str
    _pyi_private_get_type: str

    def get_prep_value(self, value: Any) -> str | None:
        """Seal on the way in.  Raises TypeError for what is not a text."""
        if not isinstance(value, str | None):
            raise TypeError(f"{self.name} takes a text")
        return super().get_prep_value(value)
