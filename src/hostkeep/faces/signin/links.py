"""Links of sign-in, made anew each time a mail is written, so that no link waits in a queue."""

from __future__ import annotations

from uuid import UUID

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from django.contrib.auth import get_user_model


def confirm_path(address: str) -> str:
    """Return the path that confirms a login address.  address: its row's number."""
    row = EmailAddress.objects.get(pk=int(address))
    return f"/auth/confirm-email/{EmailConfirmationHMAC(row).key}/"


def reset_path(user: str) -> str:
    """Return the path that sets a new password.  user: a login's id."""
    row = get_user_model().objects.get(pk=UUID(user))
    return f"/auth/password/reset/key/{user_pk_to_url_str(row)}-{default_token_generator.make_token(row)}/"
