"""Which second factors a login has, for the page that shows them."""

from __future__ import annotations

from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Factors:
    """The second factors of a login.  app: an authenticator app.  codes: recovery codes are made."""

    app: bool
    passkeys: int
    codes: bool

    @property
    def any(self) -> bool:
        """Whether a password alone is not enough."""
        return self.app or self.passkeys > 0


def factors_of(request: HttpRequest) -> Factors:
    """Return the second factors of the signed-in login.  One query."""
    kinds = list(Authenticator.objects.filter(user_id=request.user.pk).values_list("type", flat=True))
    return Factors(
        app=Authenticator.Type.TOTP in kinds,
        passkeys=kinds.count(Authenticator.Type.WEBAUTHN),
        codes=Authenticator.Type.RECOVERY_CODES in kinds,
    )
