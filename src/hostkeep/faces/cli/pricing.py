"""`hostkeep brand price`: another price for those who have a plan."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime
from zoneinfo import ZoneInfo

from hostkeep.faces.cli.keeping import say
from hostkeep.faces.cli.setting_up import ready_and_checked


def announce(arguments: argparse.Namespace) -> int:
    """Announce a price; say from when it holds.  Who has the plan is written to by the worker."""
    ready_and_checked()
    from hostkeep.brands.queries import brand
    from hostkeep.faces.cli.acts import act_of_operator
    from hostkeep.flows.price_changes import PlanPrice
    from hostkeep.flows.price_changes import announce as announce_plan
    from hostkeep.kernel.errors import Foreseen
    from hostkeep.kernel.ids import BrandId
    from hostkeep.kernel.money import CURRENCIES, Money

    if arguments.currency not in CURRENCIES:
        sys.stderr.write(f"hostkeep: {arguments.currency} is no currency of the house\n")
        return 2
    try:
        of = brand(BrandId(arguments.brand))
        since = _since(arguments.since, of.zone) if arguments.since else None
        each = Money(arguments.minor, CURRENCIES[arguments.currency])
        new = PlanPrice(arguments.product, arguments.plan, each, arguments.add_on)
        announced = announce_plan(act_of_operator(brand=of.id), new=new, since=since)
    except (Foreseen, ValueError) as no:
        sys.stderr.write(f"hostkeep: {no.title if isinstance(no, Foreseen) else no}\n")
        return 2
    what = " ".join(filter(None, (arguments.product, arguments.plan, arguments.add_on)))
    say(f"{of.id}: {what} from {announced.effective_at.isoformat()}")
    return 0


def _since(text: str, zone: str) -> datetime:
    """Return a day's beginning in the brand's zone.  Raises ValueError."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
