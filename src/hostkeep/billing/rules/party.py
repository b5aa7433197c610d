"""The buyer's block of an invoice: what the policy let the brand ask, as it stood at issue."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from hostkeep.billing.rules.taxing.deciding import TaxDecided
from hostkeep.kernel.ids import AccountId, SubjectId


@dataclass(frozen=True, slots=True)
class Party:
    """Who an invoice is for.  Each field may be empty, and is wherever the brand may not ask for it.

    name     a person
    company  an organisation
    address  street lines, in one text
    city, postal_code, region  as given
    country  ISO 3166-1 alpha-2
    tax_id   the buyer's
    email    where there is nothing else to know a buyer by
    number   the customer's number at this brand; never empty
    proofs   what proved the buyer's place to the tax, as rules.taxing.proving writes it; on no paper
    paid_from  country of the payer's newest card or account, as the processor told it; on no paper
    """

    number: str
    name: str = ""
    company: str = ""
    address: str = ""
    city: str = ""
    postal_code: str = ""
    region: str = ""
    country: str = ""
    tax_id: str = ""
    email: str = ""
    proofs: str = ""
    paid_from: str = ""

    def __repr__(self) -> str:
        return "<party>"

    def lines(self) -> tuple[str, ...]:
        """Return the block as it is printed, without empty lines."""
        place = " ".join(part for part in (self.postal_code, self.city) if part)
        block = (
            self.company, self.name, *self.address.splitlines(), place, self.region, self.country,
            self.tax_id, "" if self.name or self.company else self.email,
        )  # fmt: skip
        return tuple(line.strip() for line in block if line.strip()) or (self.number,)

    @property
    def is_placed(self) -> bool:
        """Whether the buyer's country is known; without it the invoice is a simplified one."""
        return bool(self.country)


@dataclass(frozen=True, slots=True)
class BilledTo:
    """Whom a document is for, and why it bears its tax.

    party_json  the buyer's block as it stands today, made by to_json; empty where the policy keeps none
    decision    why the lines bear their tax, or None where nobody asked
    """

    account: AccountId
    subject: SubjectId
    party_json: str = ""
    decision: TaxDecided | None = None

    def __repr__(self) -> str:
        return f"<billed to {self.account}>"


def to_json(party: Party) -> str:
    """Write a block for the vault, without its empty fields."""
    return json.dumps({k: v for k, v in asdict(party).items() if v}, ensure_ascii=False, sort_keys=True)


def from_json(text: str) -> Party:
    """Read a block back.  Fields of a later version that we do not know are left out."""
    said: Mapping[str, str] = json.loads(text)
    known = {field.name for field in fields(Party)}
    return Party(**{"number": "", **{k: str(v) for k, v in said.items() if k in known}})
