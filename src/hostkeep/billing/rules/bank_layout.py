"""How a brand's bank writes its files, as brand.toml says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hostkeep.drivers.statements import Layout

COLUMNS = ("date", "amount", "currency", "words", "id", "account", "name", "side", "side_in")
MORE = ("currency_is", "decimal", "day_first", "lines")


def read_layout(bank: Mapping[str, Any], *, currency: str) -> Layout:
    """Read [bank.csv] and [bank] match_names of a brand.toml.

    bank      the section [bank]
    currency  the brand's first, for rows of a file that name none

    csv.date, csv.amount, ...: heads of the file's columns; csv.currency_is: the currency of rows that name
    none; csv.decimal: "," or "."; csv.day_first: false where a bank writes the month first; csv.lines:
    true where it quotes words over several lines.
    Raises ValueError with what to mend.
    """
    said = bank.get("csv", {})
    unknown = sorted(set(said) - {*COLUMNS, *MORE})
    if unknown:
        raise ValueError(f"[bank.csv] knows no {unknown[0]}")
    columns = {name: said[name] for name in COLUMNS if name in said}
    if not all(isinstance(head, str) for head in columns.values()):
        raise ValueError("[bank.csv] names columns by their heads, as texts")
    if said.get("decimal", "") not in {"", ",", "."}:
        raise ValueError('[bank.csv] decimal is "," or "."')
    switches = (said.get("day_first", True), said.get("lines", False), bank.get("match_names", False))
    if not all(isinstance(switch, bool) for switch in switches):
        raise ValueError("[bank.csv] day_first, lines and [bank] match_names are true or false")
    return Layout(
        columns=columns, currency=str(said.get("currency_is", currency)), decimal=said.get("decimal", ""),
        day_first=said.get("day_first", True), account=str(bank.get("iban") or bank.get("account") or ""),
        names=bank.get("match_names", False), lines=said.get("lines", False),
    )  # fmt: skip
