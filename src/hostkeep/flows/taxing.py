"""What a sale bears: gathers what the policy lets us know of a buyer, and asks the rules.

Nothing is asked for the sake of tax: the billing address and the tax number are read where the policy has
them for billing; a visitor's address on the Internet never is.  Where nothing is known the seller's own rate
stands, on a simplified invoice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from zoneinfo import ZoneInfo

from hostkeep.billing.queries.number_checks import CheckRow, checks_of
from hostkeep.billing.rules.lines import Line
from hostkeep.billing.rules.party import Party
from hostkeep.billing.rules.taxing import codes
from hostkeep.billing.rules.taxing.advice import advise
from hostkeep.billing.rules.taxing.deciding import Proof, TaxDecided
from hostkeep.billing.rules.taxing.numbers import TaxNumber, read_number, state_of
from hostkeep.billing.rules.taxing.places import NOWHERE, area_at
from hostkeep.billing.rules.taxing.placing import Buyer, Seller, place, rate_at
from hostkeep.billing.rules.taxing.prices import due
from hostkeep.billing.rules.taxing.proving import agree, buyer_of, written
from hostkeep.billing.rules.taxing.rates import book_of
from hostkeep.brands.queries import BrandRow, brand, policy_in_force
from hostkeep.brands.rules.taxing import TaxSettings, read_tax
from hostkeep.flows.buyers import parties_of
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, BrandId, PurposeId, Ref
from hostkeep.kernel.money import Money
from hostkeep.people.queries import AccountRow
from hostkeep.shop.rules.rows import CartRow, LineRow

BILLING = PurposeId("billing")
CONSULTED = "consultation"


@dataclass(frozen=True, slots=True)
class Taxing:
    """How a buyer's purchases at a brand are taxed on a day.

    seller  None: the brand has no `[tax]`, its one rate holds
    said    what the proofs said, for the vault
    """

    brand: BrandRow
    seller: Seller | None
    buyer: Buyer
    day: date
    said: str = field(default="", repr=False)

    def decide(self, product: str = "") -> TaxDecided:
        """Say what a product bears.  product: its slug, or empty for one of no class."""
        if self.seller is None:
            return TaxDecided("brand_rate", "", "", self.brand.tax_rate, codes.STANDARD)
        return place(self.seller, self.buyer, self.seller.settings.class_of(product), self.day)

    def taxed(self, line: Line, product: str = "") -> Line:
        """Return a line in list prices as it is billed: its price, rate and why."""
        found = self.decide(product)
        return replace(
            line, unit=self.price(line.unit, found, product), tax_rate=found.rate,
            tax_category=found.category, exemption=found.exemption,
        )  # fmt: skip

    def price(self, listed: Money, found: TaxDecided, product: str = "") -> Money:
        """Return what a listed price becomes: where tax is in it, by what the brand's owner chose."""
        return self.price_at(listed, rate=found.rate, product=product)

    def price_at(self, listed: Money, *, rate: int, product: str = "") -> Money:
        """Return what a listed price becomes under a rate, in millionths."""
        if self.seller is None or self.brand.prices != "gross":
            return listed
        kind = self.seller.settings.class_of(product).kind
        home = rate_at(self.seller.rates, self.seller.home, kind, self.day) or 0
        return due(listed, home_rate=home, rate=rate, inclusive=self.seller.settings.inclusive)

    @property
    def decision(self) -> TaxDecided | None:
        """What a document of these purchases keeps, or None where the brand has no `[tax]`."""
        return None if self.seller is None else self.decide()

    def placed(self, party: Party) -> Party:
        """Return a buyer's block with what proved their place."""
        return replace(party, proofs=self.said) if self.said else party


def settings_of(row: BrandRow) -> TaxSettings | None:
    """Return a brand's `[tax]`, or None where it has none."""
    return read_tax(row.words["tax"]) if "tax" in row.words else None


def seller_of(row: BrandRow) -> Seller | None:
    """Return a brand as the rules see it, or None where it has no `[tax]`."""
    settings = settings_of(row)
    if settings is None:
        return None
    home = area_at(row.seller["country"], row.seller.get("region", ""))
    return Seller(home, settings, book_of(settings.rates))


def taxing_of(act: Act, account: AccountRow | None) -> Taxing:
    """Say how an account's purchases at act.brand are taxed now.  account: None for a visitor.

    Reads the buyer's block through the door as the system does for billing, where the brand has a `[tax]`.
    """
    row = brand(act.brand)
    if account is None or "tax" not in row.words:
        return _unplaced(act, row)
    under = act.in_role("system").for_purpose(BILLING)
    return taxing_many(act, parties_of(under, [account]))[account.id]


def taxing_many(act: Act, parties: Mapping[AccountId, Party]) -> dict[AccountId, Taxing]:
    """Say how the purchases of several accounts are taxed.  One query, however many.

    parties  the buyers' blocks
    """
    row = brand(act.brand)
    bare = _unplaced(act, row)
    if bare.seller is None:
        return dict.fromkeys(parties, bare)
    read = {account: number_of(party) for account, party in parties.items()}
    checks = checks_of(act.brand, {who: number.whole for who, number in read.items() if number is not None})
    days = bare.seller.settings.number_days
    found: dict[AccountId, Taxing] = {}
    for account, party in parties.items():
        check, number = checks.get(account), read[account]
        checked = check.standing(act.at, days) if check else ""
        items = _items(party, number, checked)
        state = state_of(party.tax_id, checked, readable=number is not None)
        own = "" if number is None else number.country
        buyer = buyer_of(agree(items), state, own, (party.region, party.postal_code))
        found[account] = replace(bare, buyer=buyer, said=_said(items, check, checked))
    return found


def _said(items: Mapping[Proof, str], check: CheckRow | None, checked: str) -> str:
    """Return what the proofs said, with the registry's id of its yes."""
    said = written(items)
    return f"{said} {CONSULTED}={check.proof}" if check and check.proof and checked == "valid" else said


def taxing_for(
    act: Act, accounts: Sequence[AccountId], parties: Mapping[AccountId, Party]
) -> dict[AccountId, Taxing]:
    """Say how the purchases of several accounts are taxed, of some of which nothing may be known.

    parties  the blocks of those whose block was read
    """
    known = taxing_many(act, parties)
    bare = _unplaced(act, brand(act.brand))
    return {account: known.get(account, bare) for account in accounts}


def number_of(party: Party) -> TaxNumber | None:
    """Return the buyer's tax number, or None where there is none that could be right."""
    return read_number(party.tax_id, country=party.country) if party.tax_id else None


def advice(act: Act) -> tuple[str, ...]:
    """Return what act.brand's owner should know about its `[tax]`, in English; nothing where it has none."""
    row = brand(act.brand)
    seller = seller_of(row)
    if seller is None:
        return ()
    return advise(seller, policy_in_force(act.brand, act.at), _day(act, row))


def cart_lines(taxing: Taxing, cart: CartRow) -> tuple[Line, ...]:
    """Return a cart's lines as its order's invoice would bill them.

    Where all products are taxed alike and prices stay as they are listed, one line stands for all.
    """
    about, settings = Ref("shop.cart", cart.id), taxing.seller.settings if taxing.seller else None
    if settings is None or not (settings.products or settings.inclusive == "net"):
        return (taxing.taxed(Line("-", 1, cart.due, 0, about)),)
    return tuple(line for row in cart.lines.open() for line in _row_lines(taxing, row, about))


def _row_lines(taxing: Taxing, row: LineRow, about: Ref) -> Sequence[Line]:
    """Return a line of a cart as an invoice bills it: the term, what is taken off, what is due once."""
    parts = [row.cost.now, row.cost.setup] if row.cost.setup.minor else [row.cost.now]
    lines = [
        Line("-", row.quantity, Money(part.minor // row.quantity, part.currency), 0, about) for part in parts
    ]
    if row.discount.minor:
        lines.append(Line("-", 1, -row.discount, 0, about))
    for each in row.add_ons:
        pieces = row.quantity * each.pieces
        due = (each.cost.recurring.times(0 if row.trial_days else 1), each.cost.setup)
        one = [Money(part.minor // pieces, part.currency) for part in due if part.minor]
        lines += [Line("-", pieces, unit, 0, about) for unit in one]
    return [taxing.taxed(line, row.product) for line in lines]


def _unplaced(act: Act, row: BrandRow) -> Taxing:
    """Say how a purchase is taxed by somebody of whom nothing is known."""
    return Taxing(row, seller_of(row), Buyer(NOWHERE), _day(act, row))


def _day(act: Act, row: BrandRow) -> date:
    """Return the day it is at a brand."""
    return act.at.astimezone(ZoneInfo(row.zone)).date()


def _items(party: Party, number: TaxNumber | None, state: str) -> dict[Proof, str]:
    """Return what is known of a buyer's country, by kind of proof.  A number counts once it is valid."""
    items: dict[Proof, str] = {"address": party.country, "payment": party.paid_from}
    if number is not None and state == "valid":
        items["number"] = number.country
    return items


def brands_with_registry(rows: Sequence[BrandRow]) -> dict[BrandId, TaxSettings]:
    """Return the `[tax]` of the brands that look numbers up."""
    read = {row.id: settings_of(row) for row in rows}
    return {of: settings for of, settings in read.items() if settings is not None and settings.registry}
