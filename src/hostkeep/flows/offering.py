"""Ways to pay that a brand lists: which of them stand, and what its owner should know of the others."""

from __future__ import annotations

from collections.abc import Iterator

from hostkeep.billing.calls.gateways import accounts_of, is_ready, lacks, strangers
from hostkeep.brands.queries import all_brands, brand
from hostkeep.kernel.act import Act


def advice(act: Act) -> tuple[str, ...]:
    """Return what act.brand's owner should know about its ways to pay, in English; none where all stand.

    Names in settings that are no brand here are told to all: they may be meant for any.
    """
    return tuple(_advice(act))


def _advice(act: Act) -> Iterator[str]:
    """Say what is not set up, and which accounts are not the brand's alone."""
    shops = {row.id: row for row in all_brands()}
    for setting, names in strangers(shops.keys()).items():
        yield f"payment: {setting} names {', '.join(names)}: no brand here (misspelt, or not loaded yet)."
    for name in brand(act.brand).payment:
        if not is_ready(name, act.brand):
            why = lacks(name, act.brand)
            yield f"payment: {name} is not set up for this brand, so nobody is offered it. {why}".rstrip()
            continue
        for account in accounts_of(name, shops):
            others = [
                each for each in account.brands if each != act.brand and name in shops[each].payment
            ]
            if account.mark and act.brand in account.brands and others:
                yield (
                    f"payment: {name} is one account for this brand and {', '.join(others)}:"
                    " one company is paid for all of them."
                )
