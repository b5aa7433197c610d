"""The chart of accounts: codes under which billing books.  A code is a word and a handle, never a person."""

from __future__ import annotations

from hostkeep.billing.rules.numbering import CANARY
from hostkeep.kernel.ids import AccountId, BrandId


def books_of(brand: BrandId, kind: str) -> BrandId:
    """Return under whose name a document is booked: the brand's, or for a canary's one that no figure reads.

    kind  of the document
    """
    return BrandId(f"canary:{brand}") if kind == CANARY else brand


def receivable(account: AccountId) -> str:
    """Return the code of what a customer owes (an asset)."""
    return f"receivable:{account}"


def credit(account: AccountId) -> str:
    """Return the code of what we hold for a customer (a liability)."""
    return f"credit:{account}"


def sales(brand: BrandId) -> str:
    """Return the code of what a brand earns (income)."""
    return f"sales:{brand}"


def tax(brand: BrandId) -> str:
    """Return the code of tax collected and to be handed on (a liability)."""
    return f"tax:{brand}"


BANK = "bank_transfer"
"""The gateway under whose name money in the bank stands."""


def gateway(brand: BrandId, name: str) -> str:
    """Return the code of money at a gateway or in the bank (an asset)."""
    return f"gateway:{brand}:{name}"


def in_transit(brand: BrandId) -> str:
    """Return the code of money that gateways have paid out and the bank has not told of yet (an asset)."""
    return f"in_transit:{brand}"


def unmatched(brand: BrandId) -> str:
    """Return the code of money that came and nobody knows yet for what (a liability)."""
    return f"unmatched:{brand}"


def disputed(brand: BrandId) -> str:
    """Return the code of money that a payer's bank took back and that is argued about (an asset)."""
    return f"disputed:{brand}"


def chargebacks(brand: BrandId) -> str:
    """Return the code of disputed money that was lost (a cost)."""
    return f"chargebacks:{brand}"


def fees(brand: BrandId) -> str:
    """Return the code of what gateways keep for their services (a cost)."""
    return f"fees:{brand}"


def gifts(brand: BrandId) -> str:
    """Return the code of credit that a brand gave out of its own pocket (a cost)."""
    return f"gifts:{brand}"


def unused(brand: BrandId) -> str:
    """Return the code of what was earned and is credited because it will not be used (less income)."""
    return f"unused:{brand}"


def refunding(brand: BrandId) -> str:
    """Return the code of money that is on its way back to payers (a liability)."""
    return f"refunding:{brand}"
