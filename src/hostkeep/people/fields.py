"""The sealed login address, as a model field."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.lookups import Exact, In

from hostkeep.runtime import brand as running_brand
from hostkeep.vault import sealing

LONGEST = 120
"""Bytes of an address; a longer one would not fit its column once sealed."""


class SealedExact(Exact):
    """Equal to an address, under whichever epoch it stands sealed: two while a roll is under way."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """Compare with every form that the address may have."""
        forms = forms_of(self.rhs) if self.rhs_is_direct_value() else ()
        if len(forms) < 2:  # noqa: PLR2004  one epoch: one form
            return super().as_sql(compiler, connection)
        left, values = self.process_lhs(compiler, connection)
        return f"{left} IN ({', '.join(['%s'] * len(forms))})", [*values, *forms]


class SealedIn(In):
    """One of several addresses, each under whichever epoch it stands sealed."""

    def get_prep_lookup(self) -> Any:
        """Take every form that each address may have."""
        found = super().get_prep_lookup()
        if not self.rhs_is_direct_value():
            return found
        return [form for text in found for form in forms_of(text) or (text,)]


def forms_of(sealed: Any) -> tuple[str, ...]:
    """Return every form under which the address of a sealed text may stand; none for another text."""
    if not isinstance(sealed, str) or not sealing.is_sealed_login(sealed):
        return ()
    return sealing.forms_of_login(sealed)


class SealedEmailField(models.EmailField):  # type: ignore[type-arg]
    """An e-mail address that stands sealed in the database, under the brand of the request or job.

    Equal addresses of one brand stay equal, so unique, exact and iexact work; two brands' never meet.
    Deconstructs to Django's own field, so that no migration knows of it.
    """

    def deconstruct(self) -> Any:
        """Tell migrations that this is an EmailField."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.EmailField", args, kwargs

    def get_prep_value(self, value: Any) -> Any:
        """Seal on the way in."""
        text = super().get_prep_value(value)
        if text is None or text == "" or sealing.is_sealed_login(text):
            return text
        return sealing.seal_login(text, brand=running_brand.current())

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        """Open on the way out."""
        if value is None or not sealing.is_sealed_login(value):
            return value
        return sealing.unseal_login(value)

    def get_lookup(self, lookup_name: str) -> Any:
        """Compare by the sealed text: an address is lower-cased before it is sealed."""
        if lookup_name in {"exact", "iexact"}:
            return SealedExact
        return SealedIn if lookup_name == "in" else super().get_lookup(lookup_name)


def seal_login_addresses(field: models.Field[Any, Any]) -> None:
    """Make a plain e-mail column of a library a sealed one."""
    field.__class__ = SealedEmailField
