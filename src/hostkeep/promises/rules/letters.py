"""Letters about alarms: what goes together into one, and when it leaves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Literal

About = Literal["opened", "closed"]

COLUMN: Mapping[About, str] = MappingProxyType({"opened": "opened_in", "closed": "closed_in"})
"""Where an alarm keeps the letter that told of it."""

LONGEST_WAIT = timedelta(minutes=5)
"""For which a letter about lights waits for the rounds that are under way, so that one tells of all."""

MOST_LISTED = 100
"""Alarms that a letter lists; of more it says how many, and the page has them all."""
