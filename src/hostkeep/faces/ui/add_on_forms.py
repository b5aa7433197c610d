"""What forms about add-ons hand back, for customers and staff: how many, and the amount that was shown."""

from __future__ import annotations

from collections.abc import Iterable

from hostkeep.subscriptions.queries.add_ons import AddOnTold

LONGEST_COUNT, LONGEST_AMOUNT = 3, 15


def read_count(text: str) -> int:
    """Read how many are meant; one where nothing is said, and 0 for what is no number."""
    typed = text.strip() or "1"
    is_number = typed.isascii() and typed.isdigit() and len(typed) <= LONGEST_COUNT
    return int(typed) if is_number else 0


def read_due(text: str) -> int | None:
    """Read an amount in minor units as a page wrote it, below nothing too; None for what is none."""
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= LONGEST_AMOUNT):
        return None
    return int(text)


def no_longer_had(rows: Iterable[AddOnTold]) -> list[AddOnTold]:
    """Return the add-ons that were bought once or are gone; not what somebody still has a piece of.

    Where a piece is taken off, or the price becomes another one, the rest goes on as a row of its own.  What
    was to begin at a new price and was taken off before was never had.
    """
    rows = tuple(rows)
    had = {each.slug for each in rows if each.ended_at is None and each.slug}
    return [
        each for each in rows
        if each.ended_at is not None and each.started_at <= each.ended_at
        and not (each.recurs and each.slug in had)
    ]  # fmt: skip
