"""The promise ledger on the command line."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import datetime
from typing import Any

from hostkeep.faces.cli.setting_up import ready_and_checked
from hostkeep.kernel.ids import BrandId, ClauseId

BROKEN = 1


def show(arguments: argparse.Namespace) -> int:
    """Print the ledger of one brand or of all, after a round of probes where asked.

    Returns 1 if a promise shown is broken.  Raises NoSuchBrand, NoSuchPromise.
    """
    ready_and_checked()
    from hostkeep.brands.queries import BrandRow, all_brands, brand
    from hostkeep.faces.cli.acts import act_of_operator
    from hostkeep.promises.documents import promises_document
    from hostkeep.promises.rounds import run_round

    only = {ClauseId(arguments.clause)} if arguments.clause else set[ClauseId]()
    brands: tuple[BrandRow, ...] = (brand(BrandId(arguments.brand)),) if arguments.brand else all_brands()
    act = act_of_operator()
    brands = _having(brands, only, act.at)
    if arguments.probe:
        for each in brands:
            run_round(act, brand=each, only=only)
    documents = [promises_document(each.id, act.at, only) for each in brands]
    _print(documents, alone=bool(arguments.brand)) if arguments.json else _table(documents)
    return BROKEN if any(p["light"] == "red" for d in documents for p in d["promises"]) else 0


def _having(brands: tuple[Any, ...], only: set[ClauseId], at: datetime) -> tuple[Any, ...]:
    """Return the brands whose policy has the clause wanted.  Raises NoSuchPromise."""
    from hostkeep.brands.queries import policy_in_force
    from hostkeep.promises.errors import NoSuchPromise

    if not only:
        return brands
    found = tuple(b for b in brands if any(c.id in only for c in policy_in_force(b.id, at).clauses))
    if not found:
        raise NoSuchPromise(wanted=" ".join(only))
    return found


def _print(documents: list[dict[str, Any]], *, alone: bool) -> None:
    """Print as JSON: one brand's document, or a list of them."""
    sys.stdout.write(json.dumps(documents[0] if alone else documents, ensure_ascii=False, indent=1) + "\n")


def _table(documents: list[dict[str, Any]]) -> None:
    """Print one line a promise: brand, clause, light, why."""
    for document in documents:
        for promise in document["promises"]:
            line = f"{document['brand']:<16}{promise['clause']:<8}{promise['light']:<11}{promise['why']}"
            sys.stdout.write(line.rstrip() + "\n")
