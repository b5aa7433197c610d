"""Tables of people.  Names and addresses are not here: they lie in the vault, under the subject's handle."""

import uuid
from typing import ClassVar

from allauth.account.models import EmailAddress as LoginAddress
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from hostkeep.vault.columns import SealedJSON

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
    "ApiKey.brand": "slug of a brand",
    "ApiKey.role": "a role of the policy",
    "ApiKey.prefix": "random, to find the key by",
    "ApiKey.secret": "SHA-256 of a random secret",
    "ApiKey.scopes": "words of rules.scopes",
    "ApiKey.used_on": "the day of its last call, no finer",
    "ApiCall.once": "SHA-256 of an idempotency key",
    "ApiCall.content": "keyed hash of a call",
    "ApiCall.state": "running or answered",
    "ApiCall.answer": "sealed; it lives a day",
}
"""Why each text column here holds nothing personal in clear."""


__all__ = [
    "Acceptance", "Account", "ApiCall", "ApiKey", "ApiPace", "LoginAddress", "Membership", "Session",
    "StaySeries", "User",
]  # fmt: skip


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


class ApiKey(models.Model):
    """What a program signs in with: shown once, kept as a hash.  Only a customer's has an account."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    brand = models.CharField(max_length=32)
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, null=True)
    role = models.CharField(max_length=16)
    number = models.PositiveIntegerField()
    prefix = models.CharField(max_length=12, unique=True)
    secret = models.CharField(max_length=64)
    scopes = models.JSONField()
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    used_on = models.DateField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """Keys of a login are counted, so that people can tell them apart without naming them."""

        constraints = [models.UniqueConstraint(fields=["user", "number"], name="one_key_a_number")]

    def __str__(self) -> str:
        return self.prefix


class ApiCall(models.Model):
    """A call that may be repeated: what was asked, and the answer once there is one.  It lives a day."""

    RUNNING, ANSWERED = "running", "answered"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE)
    once = models.CharField(max_length=64)
    content = models.CharField(max_length=64)
    state = models.CharField(max_length=8, default="running")
    turn = models.UUIDField()
    leased_to = models.DateTimeField()
    answer = SealedJSON(null=True)
    expires_at = models.DateTimeField()

    class Meta:
        """One call an idempotency key; swept by its end."""

        constraints = [
            models.UniqueConstraint(fields=["key", "once"], name="one_call_an_idempotency_key"),
            models.CheckConstraint(
                condition=models.Q(state__in=["running", "answered"]), name="api_call_state_known"
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], name="api_call_expires")]

    def __str__(self) -> str:
        return f"{self.id} {self.state}"


class ApiPace(models.Model):
    """How many calls a key made in the present minute; the table is UNLOGGED."""

    key = models.OneToOneField(ApiKey, on_delete=models.CASCADE, primary_key=True)
    minute = models.DateTimeField()
    count = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.key_id} {self.count}"
