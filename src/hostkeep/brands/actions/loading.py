"""Loading a brand: its name, hosts and words.  Its policy is announced by announcing.py."""

from __future__ import annotations

from dataclasses import dataclass

from hostkeep.audit.recorded import recorded
from hostkeep.brands import queries
from hostkeep.brands.errors import HostTaken
from hostkeep.brands.models import Brand, Host
from hostkeep.brands.rules.handles import brand_handle
from hostkeep.brands.rules.profile import Profile
from hostkeep.brands.sellers import note_seller
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, Ref


@dataclass(frozen=True, slots=True)
class Loaded:
    """A brand as it stands now."""

    brand: BrandId

    @property
    def ref(self) -> Ref:
        """The brand, by a handle made of its slug."""
        return Ref("brands.brand", brand_handle(self.brand))


@recorded("brands.brand.loaded")
def load_brand(act: Act, *, profile: Profile) -> Loaded:
    """Make a brand, or bring its name, hosts and words up to date.  Raises HostTaken.

    What its documents said of the seller before stays on them.
    """
    Brand.objects.update_or_create(
        id=profile.id, defaults={"name": profile.name, "zone": profile.zone, "profile": profile.whole}
    )
    if Host.objects.filter(name__in=profile.hosts).exclude(brand_id=profile.id).exists():
        raise HostTaken
    Host.objects.filter(brand_id=profile.id).exclude(name__in=profile.hosts).delete()
    for rank, name in enumerate(profile.hosts):
        Host.objects.update_or_create(name=name, defaults={"brand_id": profile.id, "rank": rank})
    queries.forget()
    note_seller(queries.brand(BrandId(profile.id)), since=act.at)
    return Loaded(BrandId(profile.id))
