"""The chart of accounts: codes under which billing books.  A code is a word and a handle, never a person."""

from __future__ import annotations

from hostkeep.kernel.ids import AccountId, BrandId


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


def gateway(brand: BrandId, name: str) -> str:
    """Return the code of money at a gateway or in the bank (an asset)."""
    return f"gateway:{brand}:{name}"


def unmatched(brand: BrandId) -> str:
    """Return the code of money that came and nobody knows yet for what (a liability)."""
    return f"unmatched:{brand}"
