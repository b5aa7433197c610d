"""Tables of people.  Names and addresses are not here: they lie in the vault, under the subject's handle."""

import uuid
from typing import ClassVar

from allauth.account.models import EmailAddress as LoginAddress
from allauth.mfa.models import Authenticator as SecondFactor
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from hostkeep.kernel.columns import Columns, not_personal, personal
from hostkeep.vault.columns import SealedJSON

PLAIN: Columns = {
    "User.brand": not_personal("slug of a brand"),
    "User.password": personal("password", hashed="Argon2id"),
    "User.staff_role": not_personal("a role of the policy"),
    "Account.brand": not_personal("slug of a brand"),
    "Account.number": personal(
        "customer_number", plain="random; a customer names it in a letter, and staff find the account"
    ),
    "Account.state": not_personal("open, closing, deactivated or closed"),
    "Account.language": personal("language", plain="en or vi; each mail and page asks for it"),
    "Membership.role": not_personal("owner or delegate"),
    "Acceptance.brand": not_personal("slug of a brand"),
    "Acceptance.what": personal(
        "acceptance", plain="id of a statement: proof that it was shown, no word of the person"
    ),
    "Acceptance.digest": personal(
        "acceptance", plain="SHA-256 of the policy shown: which one, no word of the person"
    ),
    "Acceptance.form": not_personal("name of a form"),
    "Closing.brand": not_personal("slug of a brand"),
    "Closing.by": not_personal("customer, staff or policy"),
    "Closing.why": not_personal("a word of rules.closing"),
    "Closing.once": not_personal("idempotency key, made of ids and words of ours"),
    "ClosedLink.brand": not_personal("slug of a brand"),
    "ClosedLink.token": not_personal("SHA-256 of a random token"),
    "PassingAddress.use": not_personal("new, old or closing"),
    "PassingAddress.address": personal(
        "email", sealed="it lives until a mail reached it, two days at most"
    ),
    "Dispute.brand": not_personal("slug of a brand"),
    "Dispute.how": not_personal("client_area, link or api"),
    "Session.key": not_personal("SHA-256 of the session's identifier"),
    "Session.brand": not_personal("slug of a brand"),
    "Session.box": personal("*", sealed="by people.sessions"),
    "StaySeries.brand": not_personal("slug of a brand"),
    "StaySeries.series": not_personal("SHA-256 of a random series"),
    "StaySeries.token": not_personal("SHA-256 of a random token"),
    "ApiKey.brand": not_personal("slug of a brand"),
    "ApiKey.role": not_personal("a role of the policy"),
    "ApiKey.prefix": not_personal("random, to find the key by"),
    "ApiKey.secret": not_personal("SHA-256 of a random secret"),
    "ApiKey.scopes": not_personal("words of rules.scopes"),
    "ApiKey.used_on": personal(
        "login_history", plain="the day of its last call, no finer: an unused key is ended"
    ),
    "ApiCall.once": not_personal("SHA-256 of an idempotency key"),
    "ApiCall.content": not_personal("keyed hash of a call"),
    "ApiCall.state": not_personal("running or answered"),
    "ApiCall.answer": personal("*", sealed="under the key of its caller; it lives a day"),
    "Session.started_at": personal("login_history", plain="a session is ended by its age"),
    "Session.used_at": personal("login_history", plain="a session is ended when it idles"),
    "StaySeries.started_at": personal(
        "login_history", plain="its owner tells a stranger's by it, and ends it"
    ),
    "StaySeries.used_at": personal("login_history", plain="its owner tells a stranger's by it, and ends it"),
    "ApiPace.minute": personal(
        "login_history", plain="the minute whose calls are counted; one row a key, written over"
    ),
    "ApiCall.leased_to": not_personal("until when a call is being answered"),
    "Dispute.until": not_personal("until when a dispute may read"),
    "*.at": not_personal("when a statement was agreed to"),
    "*.*_at": not_personal("when a row was made, and when it ends"),
}
"""Why each text column here holds nothing personal in clear."""


__all__ = [
    "Acceptance", "Account", "ApiCall", "ApiKey", "ApiPace", "ClosedLink", "Closing", "Dispute",
    "LoginAddress", "Membership", "PassingAddress", "SecondFactor", "Session", "StaySeries", "User",
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
    """The paying party at one brand.

    state      open; closing while its services end; then deactivated (something of it may still be read for
               the purposes that its policy names) or closed
    erased_at  when its login, its number and its language were erased
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    brand = models.CharField(max_length=32)
    number = models.CharField(max_length=16)
    subject = models.UUIDField(db_index=True)
    state = models.CharField(max_length=12, default="open")
    language = models.CharField(max_length=8, blank=True)
    opened_at = models.DateTimeField()
    canary = models.BooleanField(default=False)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        """Numbers are unique in a brand; one canary a brand, for the probes of the promise ledger."""

        constraints = [
            models.UniqueConstraint(fields=["brand", "number"], name="one_account_a_number"),
            models.UniqueConstraint(
                fields=["brand"], condition=models.Q(canary=True), name="one_canary_a_brand"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["open", "closing", "deactivated", "closed"]),
                name="account_state_known",
            ),
        ]
        indexes = [
            models.Index(fields=["state"], condition=models.Q(state="closing"), name="account_closing"),
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

    class Meta:
        """What is accepted by going on is accepted once a version.  A row is written once (trigger)."""

        constraints = [
            models.UniqueConstraint(
                fields=["subject", "what", "version"],
                condition=models.Q(form="use"),
                name="one_acceptance_by_use",
            ),
        ]

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


class Closing(models.Model):
    """How an account was closed: by whom, and when it began and ended.

    why          a word of rules.closing, where the company closed it
    told_at      when the mail that says so was queued
    finished_at  when its services had ended and the policy's word on its data was carried out
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    account = models.OneToOneField(Account, on_delete=models.CASCADE)
    brand = models.CharField(max_length=32)
    by = models.CharField(max_length=8)
    why = models.CharField(max_length=16, blank=True)
    once = models.CharField(max_length=128, unique=True)
    begun_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        """The database knows who may close one."""

        constraints = [
            models.CheckConstraint(
                condition=models.Q(by__in=["customer", "staff", "policy"]), name="closing_by_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} by {self.by}"


class ClosedLink(models.Model):
    """What the owner of a closed account has in place of a login.  Only the hash of its token is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    brand = models.CharField(max_length=32)
    token = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        """Swept by its end."""

        indexes = [models.Index(fields=["expires_at"], name="closed_link_expires")]

    def __str__(self) -> str:
        return str(self.id)


class PassingAddress(models.Model):
    """An address that a mail still has to reach, sealed: a new one to be confirmed, or one just given up.

    mail  handle of the mail it is kept for; with the end of that mail it goes
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    use = models.CharField(max_length=8)
    address = models.TextField()
    mail = models.UUIDField(null=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        """Swept by its end."""

        constraints = [
            models.CheckConstraint(
                condition=models.Q(use__in=["new", "old", "closing"]), name="passing_use_known"
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], name="passing_expires")]

    def __str__(self) -> str:
        return f"{self.use} {self.id}"


class Dispute(models.Model):
    """What the owner of a closed account brings forward; the words lie in the vault, under a fresh handle.

    subject  a fresh handle: the account's own may have lost its keys already
    until    when it is erased
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    brand = models.CharField(max_length=32)
    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    subject = models.UUIDField(unique=True)
    how = models.CharField(max_length=16)
    made_at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        """Swept by its end."""

        indexes = [models.Index(fields=["until"], name="dispute_until")]

    def __str__(self) -> str:
        return str(self.id)
