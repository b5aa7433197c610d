"""Logins made without a form: by the operator, and for the demo."""

from __future__ import annotations

from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth import get_user_model

from hostkeep.kernel.ids import UserId
from hostkeep.runtime import brand as running_brand


def make_login(*, email: str, password: str, at: datetime) -> UserId:
    """Make a confirmed login at the running brand; the address stands sealed."""
    model = get_user_model()
    user = model(brand=running_brand.current(), created_at=at)
    user.set_password(password)
    user.save()
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return UserId(user.pk)


def known_login(email: str) -> UserId | None:
    """Return the login of an address at the running brand, or None."""
    row = EmailAddress.objects.filter(email=email).first()
    return UserId(row.user_id) if row else None


def enrol_totp(user: UserId) -> str:
    """Give a login a time-based second factor; return its secret, which is shown once."""
    secret = str(generate_totp_secret())
    TOTP.activate(get_user_model().objects.get(pk=user), secret)
    return secret
