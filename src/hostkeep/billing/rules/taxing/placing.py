"""The place of supply: which country's tax a sale bears, at which rate, or why none.

Source: Council Directive 2006/112/EC, art. 44 (services to businesses: the buyer's place), 45 and 58
(electronic services to consumers: the buyer's place), 59c (while a seller established in one member state
stays under 10,000 EUR a year across borders: its own), 196 (the buyer is liable: reverse charge), 284
(exemption of small enterprises), 358a to 369k (One Stop Shop, outside and inside the Union), 138 and 146
(goods inside and out of the Union).
Implementing Regulation (EU) No 282/2011, art. 18(2): who gives no tax number may be taken for a consumer.
A seller outside the Union and outside every country it is registered in owes that country's tax nowhere we
could hand it to: the sale is outside, and the linter of brands says what is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Literal

from hostkeep.billing.rules.taxing import codes
from hostkeep.billing.rules.taxing.deciding import Proof, Rule, TaxDecided
from hostkeep.billing.rules.taxing.places import Area
from hostkeep.billing.rules.taxing.rates import RateBook
from hostkeep.brands.rules.taxing import TaxClass, TaxSettings

NumberState = Literal["none", "valid", "invalid", "unknown"]

ABROAD: Mapping[str, str] = MappingProxyType({"NO": codes.EXPORT, "VN": codes.EXPORT})
"""By seller's country: how its law sees a service used abroad, where not as outside its scope.

Source: Norway, merverdiavgiftsloven § 6-22; Viet Nam, law 48/2024/QH15, art. 9(1): zero-rated exports.
"""


@dataclass(frozen=True, slots=True)
class Seller:
    """Who sells.  home: where it is established."""

    home: Area
    settings: TaxSettings
    rates: RateBook

    def hands_to(self, area: Area) -> bool:
        """Say whether it hands tax to an area that is not its home."""
        if self.settings.registrations.keys() & {area.taxed, area.country, f"{area.country}-{area.region}"}:
            return True
        return area.in_union and self.settings.scheme == "oss"


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who buys.

    where   known or not
    number  how the buyer's tax number stands; "none" is a consumer
    proofs  kinds of proof that agree on `where`
    """

    where: Area
    number: NumberState = "none"
    proofs: tuple[Proof, ...] = ()


def place(seller: Seller, buyer: Buyer, item: TaxClass, day: date) -> TaxDecided:
    """Say what a sale bears.  Total: every seller, buyer and item gets an answer.

    day  on which the service is supplied, in the seller's zone
    """
    free = _free_anyhow(seller, buyer, item)
    if free is not None:
        return free
    where, home = buyer.where, seller.home
    if not where.is_known:
        return _at_home("seller_rate", seller, buyer, item, day)
    if where.region and not where.in_union and seller.rates.has_own(where.country, where.region):
        return _rated("local", seller, buyer, item, day)
    if home.taxed and where.taxed == home.taxed:
        # Monaco is at home in France too, Man in Great Britain.  The United States have no rate of their own.
        return _rated("domestic", seller, buyer, item, day)
    return _across(seller, buyer, item, day)


def rate_at(rates: RateBook, area: Area, kind: str, day: date) -> int | None:
    """Return the rate of an area: of a territory outside its country's tax only what the owner set for it."""
    if area.taxed:
        return rates.rate(area.taxed, area.region, kind, day)
    return rates.exactly(area.country, area.region, kind, day)


def _free_anyhow(seller: Seller, buyer: Buyer, item: TaxClass) -> TaxDecided | None:
    """Answer where neither place nor day matter: for the seller or the item there is no tax."""
    settings, area = seller.settings, buyer.where if buyer.where.is_known else seller.home
    if settings.scheme == "exempt":
        return _free("exempt_seller", seller.home, codes.EXEMPT, buyer, settings.exemption)
    if item.treated == "exempt":
        return _free("exempt_item", area, codes.EXEMPT, buyer, item.exemption)
    if item.treated == "outside":
        return _free("outside", area, codes.OUTSIDE, buyer)
    return _free("no_registration", seller.home, codes.OUTSIDE, buyer) if settings.scheme == "none" else None


def _across(seller: Seller, buyer: Buyer, item: TaxClass, day: date) -> TaxDecided:
    """Seller and buyer in two places."""
    if buyer.where.in_union:
        return _into_union(seller, buyer, item, day)
    if item.treated == "goods":
        return _free("outside", buyer.where, codes.EXPORT, buyer)
    if seller.hands_to(buyer.where):
        return _rated("destination", seller, buyer, item, day)
    return _free("outside", buyer.where, ABROAD.get(seller.home.country, codes.OUTSIDE), buyer)


def _into_union(seller: Seller, buyer: Buyer, item: TaxClass, day: date) -> TaxDecided:
    """Sell to a buyer where the Union's tax applies, from another place."""
    if _is_business(seller, buyer):
        return _to_business(seller, buyer, item)
    if not seller.home.in_union and not seller.hands_to(buyer.where):
        return _free("outside", buyer.where, ABROAD.get(seller.home.country, codes.OUTSIDE), buyer)
    under = seller.home.in_union and seller.settings.threshold == "under"
    if under and not seller.hands_to(buyer.where):
        return _at_home("threshold", seller, buyer, item, day)
    return _rated("destination", seller, buyer, item, day)


def _to_business(seller: Seller, buyer: Buyer, item: TaxClass) -> TaxDecided:
    """Sell to a business elsewhere in the Union, which accounts for the tax itself."""
    if item.treated == "goods" and seller.home.in_union:
        return _free("reverse_charge", buyer.where, codes.INTRA, buyer)
    if not seller.home.in_union and not seller.hands_to(buyer.where):
        return _free("outside", buyer.where, ABROAD.get(seller.home.country, codes.OUTSIDE), buyer)
    return _free("reverse_charge", buyer.where, codes.REVERSE, buyer)


def _is_business(seller: Seller, buyer: Buyer) -> bool:
    """Say whether a buyer counts as a business: its number is valid, or trusted while nobody answered."""
    if buyer.number == "unknown":
        return seller.settings.unknown_number == "trust"
    return buyer.number == "valid"


def _at_home(rule: Rule, seller: Seller, buyer: Buyer, item: TaxClass, day: date) -> TaxDecided:
    """Bear the seller's own rate."""
    home = seller.home
    rate = rate_at(seller.rates, home, item.kind, day)
    if rate is None:
        return _free("no_registration", home, codes.OUTSIDE, buyer)
    country, region = ("", "") if rule == "seller_rate" else (home.country, home.region)
    return TaxDecided(rule, country, region, rate, _category(rate), "", buyer.proofs)


def _rated(rule: Rule, seller: Seller, buyer: Buyer, item: TaxClass, day: date) -> TaxDecided:
    """Bear the rate of the buyer's place; where none is known, there is none we could hand on."""
    area = buyer.where
    rate = rate_at(seller.rates, area, item.kind, day)
    if rate is None:
        return _free("no_registration", area, codes.OUTSIDE, buyer)
    return TaxDecided(rule, area.country, area.region, rate, _category(rate), "", buyer.proofs)


def _free(rule: Rule, area: Area, category: str, buyer: Buyer, exemption: str = "") -> TaxDecided:
    """Bear nothing, for a reason."""
    reason = exemption if codes.REASON.match(exemption) else codes.NEEDS.get(category, "")
    return TaxDecided(rule, area.country, area.region, 0, category, reason, buyer.proofs)


def _category(rate: int) -> str:
    """Return the category of a rate: a rate of nothing is zero rated."""
    return codes.STANDARD if rate else codes.ZERO
