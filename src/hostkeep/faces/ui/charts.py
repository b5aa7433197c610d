"""Charts: drawn by the server as SVG, told in a title for whoever does not see them.

The classes carry the colours (components.css).  A chart stands beside a table that has the same figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from babel.numbers import format_compact_decimal
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from hostkeep.faces.ui.amounts import locale_of

WIDTH, HEIGHT = 568, 172
LEFT, RIGHT, TOP, BOTTOM = 56, 560, 8, 150
STEPS = 4
"""Lines of the grid over the lowest."""

ROW = 28
LABELS, BARS = 132, 232
"""Of a chart of rows: where its bars begin, and how long the longest is."""

CROWDED = 14
"""Columns from which on only every second, third ... is named."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One value of a chart.

    label  what it is of; short: the same under a column, where there is little room
    value  its height; text: the value in words
    bad    whether it is a warning
    """

    label: str
    value: float
    text: str
    bad: bool = False
    short: str = ""


def columns(title: str, marks: Sequence[Mark], *, language: str) -> SafeString:
    """Draw values over time as columns.  title: what the chart tells, in one sentence."""
    low, high = _range(marks)
    step = (RIGHT - LEFT) / max(len(marks), 1)
    column = '<rect class="{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>'
    drawn = format_html_join("", column, (
        (
            "bad" if mark.bad or mark.value < 0 else "d1", f"{LEFT + step * (index + .18):.1f}",
            f"{min(_y(mark.value, low, high), _y(0, low, high)):.1f}", f"{step * .64:.1f}",
            f"{abs(_y(mark.value, low, high) - _y(0, low, high)):.1f}", f"{mark.label}: {mark.text}",
        )
        for index, mark in enumerate(marks)
    ))  # fmt: skip
    return _framed(title, marks, low, high, drawn, language)


def line(title: str, marks: Sequence[Mark], *, language: str) -> SafeString:
    """Draw values over time as a line.  title: what the chart tells, in one sentence."""
    low, high = _range(marks)
    step = (RIGHT - LEFT) / max(len(marks), 1)
    spots = [(LEFT + step * (index + .5), _y(mark.value, low, high)) for index, mark in enumerate(marks)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
    ground = _y(max(low, 0), low, high)
    area = f"{spots[0][0]:.1f},{ground:.1f} {path} {spots[-1][0]:.1f},{ground:.1f}" if spots else ""
    drawn = format_html(
        '<polygon class="area" points="{}"/><polyline class="line" points="{}"/>{}', area, path,
        format_html_join("", '<circle class="d1" cx="{}" cy="{}" r="3"><title>{}</title></circle>', (
            (f"{x:.1f}", f"{y:.1f}", f"{mark.label}: {mark.text}")
            for (x, y), mark in zip(spots, marks, strict=True)
        )),
    )  # fmt: skip
    return _framed(title, marks, low, high, drawn, language)


def rows(title: str, marks: Sequence[Mark]) -> SafeString:
    """Draw values beside one another as bars that lie, each with its name and its value in words."""
    most = max((mark.value for mark in marks), default=0) or 1
    drawn = format_html_join(
        "",
        '<text class="lab" x="0" y="{}">{}</text><rect class="{}" x="{}" y="{}" width="{}" height="15"/>'
        '<text x="{}" y="{}">{}</text>',
        (
            (
                index * ROW + 19, mark.label, "bad" if mark.bad else "d1", LABELS, index * ROW + 7,
                f"{_length(mark, most):.1f}", f"{LABELS + _length(mark, most) + 6:.1f}", index * ROW + 19,
                mark.text,
            )
            for index, mark in enumerate(marks)
        ),
    )  # fmt: skip
    return format_html(
        '<svg class="chart is-half" viewBox="0 0 {} {}" role="img"><title>{}</title>{}</svg>',
        LABELS + BARS + 96, max(len(marks), 1) * ROW, title, drawn,
    )  # fmt: skip


def top_of(value: float) -> float:
    """Return the next round number at or above a value: 1, 2, 4, 6 or 8 times a power of ten."""
    if value <= 0:
        return 0
    size = 10.0 ** (len(str(int(value))) - 1) if value >= 1 else 1.0
    return next(size * times for times in (1, 2, 4, 6, 8, 10) if value <= size * times)


def _length(mark: Mark, most: float) -> float:
    return max(mark.value, 0) / most * BARS


def _range(marks: Sequence[Mark]) -> tuple[float, float]:
    """Return the lowest and highest value that is drawn, round numbers both."""
    low = -top_of(-min((mark.value for mark in marks), default=0))
    high = top_of(max((mark.value for mark in marks), default=0))
    return low, high if high > low else low + 1


def _y(value: float, low: float, high: float) -> float:
    """Return how far down a value stands."""
    return BOTTOM - (value - low) / (high - low) * (BOTTOM - TOP)


def _framed(
    title: str, marks: Sequence[Mark], low: float, high: float, drawn: SafeString, language: str
) -> SafeString:
    """Put grid, scale and names around what was drawn."""
    levels = [low + (high - low) * step / STEPS for step in range(STEPS + 1)]
    if any(under < 0 < over for under, over in pairwise(levels)):
        levels.append(0)
    grid = format_html_join(
        "",
        '<line class="{}" x1="{}" x2="{}" y1="{}" y2="{}"/><text x="{}" y="{}" text-anchor="end">{}</text>',
        (
            (
                "axis" if level == 0 else "grid", LEFT, RIGHT, f"{_y(level, low, high):.1f}",
                f"{_y(level, low, high):.1f}", LEFT - 6, f"{_y(level, low, high) + 4:.1f}",
                format_compact_decimal(level, locale=locale_of(language), fraction_digits=1),
            )
            for level in levels
        ),
    )  # fmt: skip
    step, every = (RIGHT - LEFT) / max(len(marks), 1), len(marks) // CROWDED + 1
    names = format_html_join("", '<text x="{}" y="{}" text-anchor="middle">{}</text>', (
        (f"{LEFT + step * (index + .5):.1f}", BOTTOM + 16, mark.short or mark.label)
        for index, mark in enumerate(marks)
        if (len(marks) - 1 - index) % every == 0
    ))  # fmt: skip
    return format_html(
        '<svg class="chart" viewBox="0 0 {} {}" role="img"><title>{}</title>{}{}{}</svg>',
        WIDTH, HEIGHT, title, grid, drawn, names,
    )  # fmt: skip
