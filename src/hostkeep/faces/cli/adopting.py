"""`hostkeep brand adopt`: subscriptions for services of a house from before there were any."""

from __future__ import annotations

import argparse
import sys

from hostkeep.faces.cli.keeping import say
from hostkeep.faces.cli.setting_up import ready_and_checked


def adopt(arguments: argparse.Namespace) -> int:
    """Open what is missing; say how many.  Where some went wrong: 1, and it can be run again."""
    ready_and_checked()
    from hostkeep.brands.queries import brand
    from hostkeep.faces.cli.acts import act_of_operator
    from hostkeep.flows.adopting import adopt_services
    from hostkeep.kernel.errors import Foreseen
    from hostkeep.kernel.ids import BrandId

    try:
        of = brand(BrandId(arguments.brand))
    except Foreseen as no:
        sys.stderr.write(f"hostkeep: {no.title}\n")
        return 2
    done = adopt_services(act_of_operator(brand=of.id))
    say(f"{of.id}: {done.opened} opened, {done.once} bought once, {done.failed} went wrong")
    return 1 if done.failed else 0
