"""A brand's mark, for its papers."""

from __future__ import annotations

from pathlib import Path

from django.contrib.staticfiles import finders


def mark_svg(look: str) -> str:
    """Return a brand's mark as SVG, or nothing where it has none."""
    found = finders.find(f"ui/logos/{look}.svg")
    return Path(str(found)).read_text(encoding="utf-8") if found else ""
