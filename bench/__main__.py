"""`make bench`: one line a figure: name, ours, reference, ratio, that of the worst round, goal, met or short."""

from __future__ import annotations

import sys

from bench.house import house


def main() -> None:
    wanted = set(sys.argv[1:])
    from bench import (
        closing, decisions, enforcement, erasing, exporting, ledger, ordering, pages, papers, policies, recorded, renewing, reveals, searching, shop,
        starts, verifying, webhooks,
    )  # fmt: skip

    if not wanted or "policies" in wanted:
        for figure in policies.figures():
            print(figure.line(), flush=True)
    if not wanted or "decisions" in wanted:
        for figure in decisions.figures():
            print(figure.line(), flush=True)
    if not wanted or "starts" in wanted:
        for figure in starts.figures():
            print(figure.line(), flush=True)
    in_a_house = {
        "reveals": reveals, "pages": pages, "enforcement": enforcement, "erasing": erasing, "closing": closing, "searching": searching,
        "recorded": recorded, "exporting": exporting, "verifying": verifying,
        "webhooks": webhooks, "ledger": ledger, "renewing": renewing, "papers": papers, "shop": shop, "ordering": ordering,
    }  # fmt: skip
    if not wanted or wanted & in_a_house.keys():
        with house():
            for name, module in in_a_house.items():
                if not wanted or name in wanted:
                    for figure in module.figures():
                        print(figure.line(), flush=True)


main()
