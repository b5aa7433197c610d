"""Money in the bank that is nobody's: what may become of it besides finding its invoice."""

from __future__ import annotations

from typing import Literal

Aside = Literal["", "going", "sent", "away", "payout"]
"""Where an unmatched payment stands.

"": it waits for its invoice.  "going": staff send it back, and no bank has told of that.  "sent": it left.
"away": put away, it waits for nothing.  "payout": it was a gateway's pay-out, and no payment.
"""

ASIDE: tuple[Aside, ...] = ("", "going", "sent", "away", "payout")
OPEN: tuple[Aside, ...] = ("", "away")
"""What may still find its invoice."""

LEFT: tuple[Aside, ...] = ("sent", "payout")
"""What is no money of payers in the bank any more."""

Why = Literal["unknown", "not_ours", "twice", "asked", "own", "test"]

WHYS: tuple[Why, ...] = ("unknown", "not_ours", "twice", "asked", "own", "test")
"""Why money is sent back or put away, words of ours, so that nothing personal can be written there.

"unknown": nobody knows for what it came.  "not_ours": it was meant for somebody else.  "twice": it was paid
before.  "asked": its sender asked for it.  "own": it is money of our own, moved between accounts.  "test": it
was a try.
"""
