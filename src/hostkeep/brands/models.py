"""Tables of brands: who they are, the versions of their policies, and who was told of which."""

import uuid

from django.db import models

from hostkeep.kernel.columns import Columns, not_personal

PLAIN: Columns = {
    "Brand.id": not_personal("slug of a brand"),
    "Brand.name": not_personal("name of a company"),
    "Brand.zone": not_personal("IANA time zone"),
    "Brand.profile": not_personal(
        "the operator's own words and seller block, from brand.toml", holds=("email", "phone", "iban", "ip")
    ),
    "Host.name": not_personal("a host name of the operator's"),
    "SellerBlock.brand": not_personal("slug of a brand"),
    "SellerBlock.said": not_personal(
        "the operator's own name and seller block, from brand.toml", holds=("email", "phone", "ip")
    ),
    "PolicyVersion.digest": not_personal("SHA-256 of the policy"),
    "PolicyVersion.source": not_personal(
        "the policy itself, public by nature", holds=("email", "phone", "ip")
    ),
    "PolicyVersion.weight": not_personal("first, minor, spelling or material"),
    "PolicyVersion.mode": not_personal("page, ahead, mail or attempt"),
    "Draft.source": not_personal("a policy that may become public", holds=("email", "phone", "ip")),
    "Draft.digest": not_personal("SHA-256 of the policy"),
    "Draft.author": not_personal("role and handle"),
    "Spelling.digest": not_personal("SHA-256 of a policy"),
    "Spelling.against": not_personal("SHA-256 of a policy"),
    "Spelling.signer": not_personal("role and handle"),
    "Notice.brand": not_personal("slug of a brand"),
    "Notice.state": not_personal("queued, handed_over, refused or shown"),
    "*.*_at": not_personal("when a version was made or told, and from when it applies"),
}
"""Why each text column here holds nothing personal."""


class Brand(models.Model):
    """A shop front with its own name, hosts, seller and policy."""

    id = models.SlugField(primary_key=True, max_length=32)
    name = models.CharField(max_length=80)
    zone = models.CharField(max_length=64)
    profile = models.JSONField()

    def __str__(self) -> str:
        return self.id


class Host(models.Model):
    """A host name that a brand answers on, without port."""

    name = models.CharField(primary_key=True, max_length=253)
    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="hosts")
    rank = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return self.name


class SellerBlock(models.Model):
    """What a brand said of its seller since a moment, as documents of that time bear it.  Never changed.

    said  {name, zone, seller, tax_name}, as in brand.toml
    """

    brand = models.CharField(max_length=32)
    since_at = models.DateTimeField()
    said = models.JSONField()

    class Meta:
        """Found by brand and moment; of two of one moment the later one holds."""

        indexes = [models.Index(fields=["brand", "-since_at", "-id"], name="seller_since")]

    def __str__(self) -> str:
        return f"{self.brand} since {self.since_at}"


class PolicyVersion(models.Model):
    """One version of a brand's policy.  Only the function brands_announce adds one; nobody changes it.

    weight  how heavy the change is: "first", "minor", "spelling" (two people signed that only spelling
            changed) or "material"
    mode, period  how this version says that the next one comes: the database holds the next one to it
    """

    handle = models.UUIDField(unique=True, default=uuid.uuid4)
    brand = models.ForeignKey(
        Brand, on_delete=models.PROTECT, related_name="versions", db_column="brand", db_index=False
    )
    version = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    source = models.TextField()
    weight = models.CharField(max_length=8)
    mode = models.CharField(max_length=8)
    period = models.DurationField()
    announced_at = models.DateTimeField()
    effective_at = models.DateTimeField()

    class Meta:
        """One row a version; nothing takes effect before it is announced."""

        constraints = [
            models.UniqueConstraint(fields=["brand", "version"], name="one_row_a_version"),
            models.CheckConstraint(
                condition=models.Q(effective_at__gte=models.F("announced_at")),
                name="announced_before_effective",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.brand_id} v{self.version}"


class Draft(models.Model):
    """A version that is being prepared; one a brand.  It binds nobody."""

    brand = models.OneToOneField(Brand, primary_key=True, on_delete=models.CASCADE, db_column="brand")
    source = models.TextField()
    digest = models.CharField(max_length=64)
    author = models.CharField(max_length=64)
    saved_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.brand_id} draft"


class Spelling(models.Model):
    """One staff member's signature that between two texts of a policy only spelling changed."""

    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, db_column="brand")
    digest = models.CharField(max_length=64)
    against = models.CharField(max_length=64)
    signer = models.CharField(max_length=64)
    signed_at = models.DateTimeField()

    class Meta:
        """Everybody signs once."""

        constraints = [
            models.UniqueConstraint(
                fields=["brand", "digest", "against", "signer"], name="one_signature_a_person"
            )
        ]

    def __str__(self) -> str:
        return f"{self.brand_id} {self.digest[:8]} by {self.signer}"


class Telling(models.Model):
    """How far the customers of a brand were written to about a version.  last: the account reached so far."""

    version = models.OneToOneField(PolicyVersion, primary_key=True, on_delete=models.PROTECT)
    begun_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    last = models.UUIDField(null=True)
    count = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.version_id}: {self.count}"


class Notice(models.Model):
    """One person and one change of the policy: when they were told, from when on, whether they said no.

    told_at     when the mail was handed over to their mail host, or a page showed it to them
    applies_at  from when the version applies to them; None: not before they are told
    differs     whether this person may stand under another version than the brand's newest
    ends_at     of a rejected change: when their services end
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="notices")
    brand = models.CharField(max_length=32)
    subject = models.UUIDField()
    account = models.UUIDField()
    state = models.CharField(max_length=12, default="queued")
    queued_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    applies_at = models.DateTimeField(null=True)
    differs = models.BooleanField(default=False)
    rejected_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)

    class Meta:
        """One a person and version; who stands apart, and whose services end, are found by index."""

        constraints = [
            models.UniqueConstraint(fields=["version", "subject"], name="one_notice_a_person"),
            models.CheckConstraint(
                condition=models.Q(state__in=["queued", "handed_over", "refused", "shown"]),
                name="notice_state_known",
            ),
        ]
        indexes = [
            models.Index(fields=["subject"], name="notice_subject"),
            models.Index(fields=["brand"], condition=models.Q(differs=True), name="notice_differs"),
            models.Index(
                fields=["ends_at"],
                condition=models.Q(ends_at__isnull=False, ended_at=None),
                name="notice_ends",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.state}"
