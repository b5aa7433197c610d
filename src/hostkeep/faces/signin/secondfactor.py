"""Second factors: secrets sealed, labels without a person."""

from __future__ import annotations

from typing import Any

import segno
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest

from hostkeep.faces.signin.adapter import display_of
from hostkeep.vault import sealing


def has_second_factor(request: HttpRequest) -> bool:
    """Say whether the signed-in login has a second factor."""
    user: Any = request.user
    return bool(is_mfa_enabled(user))


class SealedFactors(DefaultMFAAdapter):
    """TOTP secrets and recovery seeds stand sealed in the library's table."""

    def encrypt(self, text: str) -> str:
        """Seal a secret."""
        return sealing.seal_for("totp", text)

    def decrypt(self, encrypted_text: str) -> str:
        """Open a secret."""
        return sealing.unseal_for("totp", encrypted_text)

    def get_totp_label(self, user: Any) -> str:
        """Return the label in the authenticator's app: no address leaves in a picture."""
        return display_of(user)

    def build_totp_svg(self, url: str) -> str:
        """Draw the picture that an authenticator's camera reads."""
        return str(segno.make(url, micro=False).svg_inline(scale=5, border=2))

    def get_public_key_credential_user_entity(self, user: Any) -> dict[str, Any]:
        """Return what an authenticator may keep of a login: its handle."""
        return {"id": str(user.pk).encode(), "display_name": display_of(user), "name": display_of(user)}
