"""How often somebody may try: counted by the sign-in library, by login and by a hash of their network."""

from __future__ import annotations

from allauth.core.internal import ratelimit
from django.http import HttpRequest

from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.words import gettext_noop


class TooOften(Foreseen):
    """Tried too often in a short time."""

    code = "signin.too_often"
    title = gettext_noop("That was too often in a short time. Please wait a little.")
    status = 429


def keep_pace(request: HttpRequest, action: str) -> None:
    """Count one try, of whatever method.  action: a name of ACCOUNT_RATE_LIMITS.  Raises TooOften."""
    user = request.user if request.user.is_authenticated else None
    if ratelimit.consume(request, app="allauth.account", action=action, user=user, limit_get=True) is None:
        raise TooOften
