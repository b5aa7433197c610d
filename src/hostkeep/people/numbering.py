"""Customer numbers: drawn by chance, so that none says how many customers there are or who came first."""

from __future__ import annotations

import secrets
from uuid import UUID

from django.db import IntegrityError, transaction

from hostkeep.kernel.act import Act
from hostkeep.people.models import Account

DIGITS = 8
DRAWS = 20
"""So often a number is drawn.  Among a million customers of a brand one draw in a hundred is taken."""


def numbered_account(act: Act, *, subject: UUID, language: str, canary: bool = False) -> Account:
    """Insert an account of act.brand under a number that no other of the brand has.

    Two that draw one number at one moment get two: the constraint decides, and the later draws again.
    Raises django.db.IntegrityError for a second canary, and where DRAWS numbers in a row were taken.
    """
    for left in reversed(range(DRAWS)):
        number = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
        try:
            with transaction.atomic():
                return Account.objects.create(
                    brand=act.brand, number=number, subject=subject, language=language, opened_at=act.at,
                    canary=canary,
                )  # fmt: skip
        except IntegrityError:
            if not left or not Account.objects.filter(brand=act.brand, number=number).exists():
                raise
    raise AssertionError
