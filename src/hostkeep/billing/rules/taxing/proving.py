"""What proves where a buyer is: kinds of proof, and whether two of them agree.

Source: Council Implementing Regulation (EU) No 282/2011, art. 24b(d) (two items that do not contradict each
other), 24d, 24f (billing address; bank; country of the payment instrument; other commercially relevant).
The address of a visitor on the Internet is an item too (24f(b)); no brand asks for it here, and none is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hostkeep.billing.rules.taxing.deciding import Proof
from hostkeep.billing.rules.taxing.places import area_of
from hostkeep.billing.rules.taxing.placing import Buyer, NumberState

ORDER: tuple[Proof, ...] = ("address", "number", "payment", "bank")
"""By weight: where items contradict one another, two that agree win, then the first of these."""

ENOUGH = 2
SEPARATOR = "="


@dataclass(frozen=True, slots=True)
class Where:
    """Where a buyer is, by what is known.

    country  ISO 3166-1, or empty
    proofs   the kinds that agree on it
    others   the kinds that say something else
    """

    country: str
    proofs: tuple[Proof, ...] = ()
    others: tuple[Proof, ...] = ()

    @property
    def is_proved(self) -> bool:
        """Whether two items agree and none contradicts."""
        return len(self.proofs) >= ENOUGH and not self.others


def agree(items: Mapping[Proof, str]) -> Where:
    """Say where a buyer is.

    items  country by kind of proof; an empty or unknown country is no proof
    """
    said = {kind: code for kind in ORDER if (code := area_of(items.get(kind, "")).country)}
    if not said:
        return Where("")
    kinds: dict[str, tuple[Proof, ...]] = {}
    for kind, code in said.items():
        kinds[code] = (*kinds.get(code, ()), kind)
    country = max(kinds, key=lambda code: (len(kinds[code]), -ORDER.index(kinds[code][0])))
    return Where(country, kinds[country], tuple(kind for kind in said if kind not in kinds[country]))


def written(items: Mapping[Proof, str]) -> str:
    """Return what the items said, for the vault: "address=DE payment=DE"."""
    return " ".join(f"{kind}{SEPARATOR}{items[kind]}" for kind in ORDER if items.get(kind))


def buyer_of(where: Where, number: NumberState, own: str, place: tuple[str, str]) -> Buyer:
    """Return the buyer as the rules of placing see one.

    number  how the tax number stands; it counts only where its own country is the buyer's
    own     the number's own country, proof of a place or not: one that nobody answered about proves nothing,
            and yet it may be trusted (`[tax] unknown_number`)
    place   region and postal code as typed, of the billing address; they count where its country won
    """
    region, postal = place if "address" in where.proofs else ("", "")
    fits = area_of(own).country == where.country
    area = area_of(where.country, region=region, postal_code=postal)
    return Buyer(area, number if fits or number == "none" else "invalid", where.proofs)
