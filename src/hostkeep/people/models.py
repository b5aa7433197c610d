"""Tables of people.  Names and addresses are not here: they lie in the vault, under the subject's handle."""

import uuid
from typing import ClassVar

from allauth.account.models import EmailAddress as LoginAddress
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

PLAIN = {
    "User.brand": "slug of a brand",
    "User.password": "Argon2id hash",
    "User.staff_role": "a role of the policy",
    "Account.brand": "slug of a brand",
    "Account.number": "a random number of ours",
    "Account.state": "open, deactivated or closed",
    "Account.language": "the language the pages were used in, en or vi",
    "Membership.role": "owner or delegate",
    "Acceptance.brand": "slug of a brand",
    "Acceptance.what": "id of a statement",
    "Acceptance.digest": "SHA-256 of the policy shown",
    "Acceptance.form": "name of a form",
    "Session.key": "SHA-256 of the session's identifier",
    "Session.brand": "slug of a brand",
    "Session.box": "sealed",
    "StaySeries.brand": "slug of a brand",
    "StaySeries.series": "SHA-256 of a random series",
    "StaySeries.token": "SHA-256 of a random token",
}
"""Why each text column here holds nothing personal in clear."""


__all__ = ["Acceptance", "Account", "LoginAddress", "Membership", "Session", "StaySeries", "User"]


class Users(BaseUserManager["User"]):
    """Users by handle."""


class User(AbstractBaseUser):
    """A login at one brand.  Its address stands sealed beside it, its password as a hash."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    brand = models.CharField(max_length=32, blank=True)
    subject = models.UUIDField(unique=True, default=uuid.uuid4)
    staff_role = models.CharField(max_length=16, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(null=True)
    last_login = None

    objects = Users()
    USERNAME_FIELD = "id"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_staff(self) -> bool:
        """Whether this login belongs to the operator's staff."""
        return bool(self.staff_role)


class Account(models.Model):
    """The paying party at one brand."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    brand = models.CharField(max_length=32)
    number = models.CharField(max_length=16)
    subject = models.UUIDField(db_index=True)
    state = models.CharField(max_length=12, default="open")
    language = models.CharField(max_length=8, blank=True)
    opened_at = models.DateTimeField()
    canary = models.BooleanField(default=False)

    class Meta:
        """Numbers are unique in a brand; one canary a brand, for the probes of the promise ledger."""

        constraints = [
            models.UniqueConstraint(fields=["brand", "number"], name="one_account_a_number"),
            models.UniqueConstraint(
                fields=["brand"], condition=models.Q(canary=True), name="one_canary_a_brand"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["open", "deactivated", "closed"]), name="account_state_known"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Membership(models.Model):
    """A user's part in an account."""

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    role = models.CharField(max_length=12, default="owner")

    class Meta:
        """Once each."""

        constraints = [models.UniqueConstraint(fields=["user", "account"], name="one_membership")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} {self.account_id}"


class Acceptance(models.Model):
    """What a person was shown and ticked, with the version of the policy.  It is never consent."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    subject = models.UUIDField(db_index=True)
    brand = models.CharField(max_length=32)
    what = models.CharField(max_length=32)
    version = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    form = models.CharField(max_length=16)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.what} v{self.version}"


class Session(models.Model):
    """A browser's session, its content sealed; the table is UNLOGGED."""

    key = models.CharField(max_length=64, primary_key=True)
    brand = models.CharField(max_length=32, blank=True)
    user = models.UUIDField(null=True, db_index=True)
    box = models.TextField()
    started_at = models.DateTimeField()
    used_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        """Swept by its end."""

        indexes = [models.Index(fields=["expires_at"], name="session_expires")]

    def __str__(self) -> str:
        return self.key[:8]


class StaySeries(models.Model):
    """A browser that stays signed in: a random series, and a token that changes at each use."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    brand = models.CharField(max_length=32)
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    series = models.CharField(max_length=64, unique=True)
    token = models.CharField(max_length=64)
    started_at = models.DateTimeField()
    used_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.id)
