"""A login is one of its own brand, whatever host a session, a passkey or a link is brought to."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from hostkeep.runtime import brand as running_brand


class BrandBackend(AuthenticationBackend):
    """Knows the logins of the running brand alone."""

    def get_user(self, user_id: Any) -> Any:
        """Return a login of the running brand, or None."""
        user: Any = super().get_user(user_id)
        return user if user is not None and is_here(user) else None


def is_here(user: Any) -> bool:
    """Say whether a login belongs to the brand of the host."""
    return bool(user.brand == running_brand.current())
