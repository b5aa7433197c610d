"""What was decided about the tax of a sale, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Rule = Literal[
    "brand_rate", "domestic", "seller_rate", "destination", "threshold", "reverse_charge", "outside",
    "exempt_seller", "exempt_item", "local", "no_registration",
]  # fmt: skip
"""Which rule gave the rate.

"brand_rate"       the brand has no `[tax]`: its one rate
"domestic"         seller and buyer in one country
"seller_rate"      nobody knows where the buyer is: the seller's own rate, on a simplified invoice
"destination"      a consumer elsewhere, in a country the seller hands tax to (by OSS or its own registration)
"threshold"        a consumer elsewhere in the EU, while the seller stays under the threshold
"reverse_charge"   a business elsewhere, which accounts for the tax itself
"outside"          the place of supply is a country where the seller owes nothing
"exempt_seller"    a seller whom the law frees
"exempt_item"      a product that bears no tax
"local"            a rate of a region that the brand's owner configured
"no_registration"  a seller at home in a country where it is not registered
"""

Proof = Literal["address", "payment", "bank", "number"]
"""A kind of proof of where the buyer is: billing address, country of the payment instrument as the processor
returned it, country of the bank, and a valid tax number.  No address on the Internet is one here.
"""


@dataclass(frozen=True, slots=True)
class TaxDecided:
    """The tax that a sale bears.

    rule       which rule gave it
    country    ISO 3166-1 alpha-2 of the place of supply; empty where only the seller's is known
    region     of it, as ISO 3166-2 writes it after the dash ("CN" of "ES-CN"), or empty
    rate       integer millionths
    category   a code of .codes; exemption: a VATEX code, or empty
    proofs     kinds of proof that agreed on the country, in the order of Proof
    """

    rule: Rule
    country: str
    region: str
    rate: int
    category: str
    exemption: str = ""
    proofs: tuple[Proof, ...] = ()
