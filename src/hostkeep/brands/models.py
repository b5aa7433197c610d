"""Tables of brands."""

from django.db import models

PLAIN = {
    "Brand.id": "slug of a brand",
    "Brand.name": "name of a company",
    "Brand.zone": "IANA time zone",
    "Brand.profile": "the operator's own words and seller block, from brand.toml",
    "Host.name": "a host name of the operator's",
    "PolicyVersion.digest": "SHA-256 of the policy",
    "PolicyVersion.source": "the policy itself, public by nature",
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


class PolicyVersion(models.Model):
    """One version of a brand's policy."""

    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    source = models.TextField()
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
