"""Promo codes of the demo: one at two brands each, made once, so that there is one to try."""

from __future__ import annotations

from hostkeep.faces.cli.acts import act_of_operator
from hostkeep.kernel.ids import BrandId
from hostkeep.shop.actions.promos import make_promo
from hostkeep.shop.queries.promos import promos
from hostkeep.shop.rules.promo import Kind
from hostkeep.shop.rules.promo_making import Making

PERCENT: Kind = "percent"


def make_demo_codes() -> None:
    """Make the codes of brands that have none."""
    for brand, making in _codes():
        if not promos(brand):
            make_promo(act_of_operator(brand=brand), making=making)


def _codes() -> tuple[tuple[BrandId, Making], ...]:
    """Return what there is to try: a part of three terms for first orders, and of every yearly term."""
    at = act_of_operator().at
    hello = {"en": "Welcome", "vi": "Chào mừng"}
    year = {"en": "A year ahead", "vi": "Trả trước một năm"}
    return (
        (
            BrandId("vps6"),
            Making("WELCOME10", hello, PERCENT, 100_000, at, periods=3, most_each=1, new_customers_only=True),
        ),
        (BrandId("vpn"), Making("YEAR20", year, PERCENT, 200_000, at, months=(12,), periods=None)),
    )
