"""The accents of a look, as mail programs understand them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Accent:
    """Colours of one look, #rrggbb.

    fill, on_fill            a button and its label by day; dark_fill, dark_on_fill by night
    link, dark_link          text that leads somewhere
    """

    fill: str
    on_fill: str
    link: str
    dark_fill: str
    dark_on_fill: str
    dark_link: str


_NIGHT = "#0f171f"

NEUTRAL = Accent("#2c373f", "#fcfcfc", "#0d5279", "#c8d3db", _NIGHT, "#9dcef2")

ACCENTS: Mapping[str, Accent] = MappingProxyType(
    {
        "vpsfast": Accent("#bb4400", "#fcfcfc", "#9e3e0e", "#f7936c", _NIGHT, "#ffaf8d"),
        "vps6": Accent("#105698", "#fcfcfc", "#08569a", "#88bcf6", _NIGHT, "#95ccff"),
        "photonvps": Accent("#f4d630", "#1e1b0a", "#5c5008", "#eed765", "#1e1b0a", "#d3c896"),
        "vpn": Accent("#09483d", "#fcfcfc", "#075a4d", "#a2cfc4", _NIGHT, "#9dd5c7"),
        "vietnam-server": Accent("#a0255f", "#fcfcfc", "#9e295f", "#fa92b8", _NIGHT, "#ffa3c8"),
    }
)
"""The levers of tokens.css turned from oklch() to sRGB, since mail programs know no oklch()."""


def accent_of(look: str) -> Accent:
    """Return the colours of a look; neutral ones for a look that is not listed."""
    return ACCENTS.get(look, NEUTRAL)
