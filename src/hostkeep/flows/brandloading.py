"""Loading a brand's folder: profile, policy and catalogue."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from hostkeep.brands import queries
from hostkeep.brands.actions.announcing import Announced, announce_policy
from hostkeep.brands.actions.loading import load_brand
from hostkeep.brands.rules.profile import read_profile
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId
from hostkeep.shop.actions.loading import load_catalogue


def load_folder(act: Act, *, folder: Path, effective_at: datetime | None = None) -> Announced:
    """Load brand.toml, policy.yaml and catalogue.yaml of a folder; a known brand's policy is announced.

    Raises BadProfile, PolicyError, BadCatalogue, NoticeTooShort.
    """
    profile = read_profile((folder / "brand.toml").read_text(encoding="utf-8"))
    mine = act.of_brand(BrandId(profile.id))
    loaded = load_brand(mine, profile=profile)
    source = (folder / "policy.yaml").read_text(encoding="utf-8")
    announced = announce_policy(mine, brand=loaded.brand, source=source, effective_at=effective_at)
    catalogue = folder / "catalogue.yaml"
    if catalogue.exists():
        load_catalogue(mine, brand=loaded.brand, text=catalogue.read_text(encoding="utf-8"))
    queries.forget()
    return announced
