"""A brand that keeps cards: the sixth brand, its policy changed to have a place for them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from django.db import connection

from hostkeep.flows.brandloading import load_folder
from tests.conftest import NOON, ROOT, make_act

BRAND = "everything"
FOLDER = ROOT / "tests" / "brands" / BRAND


def keeps_cards(text: str) -> str:
    """A policy's text with a place for cards, opened for bills."""
    for old, new in (
        ("never: [card, activity]", "never: [activity]"),
        ("  bank_account: {}\n", "  bank_account: {}\n  card: {}\n"),
        ("solvency, payment_ref, invoic", "solvency, card, payment_ref, invoic"),
        (
            "  - {categories: [payment_ref, other_financial, solvency]",
            "  - {categories: [card], purposes: [billing], roles: [customer, system]}\n"
            "  - {categories: [payment_ref, other_financial, solvency]",
        ),
    ):
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def load_card_brand(folder: Path, *, gateways: str = '["testpay", "stripe", "manual"]') -> None:
    """Load it, with these ways to pay."""
    there = folder / BRAND
    shutil.copytree(FOLDER, there, ignore=shutil.ignore_patterns("catalogue.yaml"))
    policy = there / "policy.yaml"
    text = keeps_cards(policy.read_text(encoding="utf-8"))
    policy.write_text(text.replace("bank_transfer, stripe]", "bank_transfer, stripe, manual]", 1), encoding="utf-8")
    profile = there / "brand.toml"
    profile.write_text(
        re.sub(r"^payment = .*$", f"payment = {gateways}", profile.read_text(encoding="utf-8"), flags=re.M), encoding="utf-8"
    )
    with connection.cursor() as cursor:
        # The database dates announcements: an hour before the tests' noon, as the five brands'.
        cursor.execute("INSERT INTO runtime_clock (id, ahead) VALUES (1, %s - interval '1 hour' - now())", [NOON])
        load_folder(make_act("owner", "site_administration", brand=BRAND), folder=there)
        cursor.execute("DELETE FROM runtime_clock")
