"""What a brand's owner should know about its `[tax]`: what is missing, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from hostkeep.billing.rules.taxing.placing import Seller, rate_at
from hostkeep.billing.rules.taxing.rates import KNOWN, STANDARD_KIND
from hostkeep.policy.book import Policy

BILLED = ("billing", "system")
"""For what and as whom a buyer's place is read."""


FISCAL = "fiscal"
OSS_RECORDS = timedelta(days=3650)
"""Ten years, as durations of policies count them.

Source: Directive 2006/112/EC, art. 369 (outside the Union) and 369k (inside): records of sales under the One
Stop Shop are kept for ten years from the end of the year of the sale.
"""


def advise(seller: Seller, policy: Policy, day: date) -> tuple[str, ...]:
    """Return sentences for the operator, in English; none where nothing is to be said.

    day  on which sales are made, to be laid beside the day up to which the rates of the box are known
    """
    return (*_advice(seller, policy, day), *_of_records(seller, policy))


def _advice(seller: Seller, policy: Policy, day: date) -> Iterator[str]:
    settings, home = seller.settings, seller.home
    readable = {category for category, purpose, role in policy.table if (purpose, role) == BILLED}
    if "address" not in readable:
        yield (
            "[tax] the policy does not let billing read an address: nobody's country is known, so every sale"
            " bears the seller's own rate, on a simplified invoice."
        )
    if settings.registry and "tax_id" not in readable:
        yield "[tax] registry: the policy does not let billing read a tax number, so none is looked up."
    if not settings.registry and "tax_id" in readable:
        yield (
            "[tax] tax numbers are asked for but looked up nowhere: each counts as unknown, so"
            f' unknown_number = "{settings.unknown_number}" decides.'
        )
    if settings.scheme == "domestic" and settings.threshold == "over" and home.in_union:
        yield (
            "[tax] over the threshold without the One Stop Shop: consumers elsewhere in the Union bear their"
            " own country's rate, which must be handed to each of these countries (art. 58, 369b)."
        )
    if settings.scheme == "domestic" and not home.in_union:
        yield (
            "[tax] a seller outside the Union owes tax there from the first sale to a consumer (art. 58,"
            " 358a): without the One Stop Shop such sales bear none here."
        )
    if settings.scheme in {"domestic", "oss"} and rate_at(seller.rates, home, STANDARD_KIND, day) is None:
        yield "[tax] no rate is known for the seller's own place: add one in [[tax.rates]]."
    if day > KNOWN:
        yield f"[tax] rates are as they were known on {KNOWN}: add later changes in [[tax.rates]]."


def _years(term: timedelta) -> str:
    """Write a term in whole years, as durations of policies count them."""
    years = term // timedelta(days=365)
    return f"{years} years" if years != 1 else "1 year"


def _of_records(seller: Seller, policy: Policy) -> Iterator[str]:
    """Say that records of the One Stop Shop would end too early."""
    rule = policy.retention.get(FISCAL)
    term = rule.plus + rule.hold if rule is not None else timedelta()
    if seller.settings.scheme == "oss" and term < OSS_RECORDS:
        yield (
            "[tax] scheme: records of sales under the One Stop Shop are to be kept for ten years from the end"
            f" of their year (art. 369k), and the policy erases its fiscal class after {_years(term)}. Decide"
            " before the first of them are erased: hand these records in a lawful form to whoever keeps them"
            " for you, or announce a policy with a longer term (it binds who comes after its notice), or ask"
            " your adviser why your sales need none."
        )
