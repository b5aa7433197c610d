"""A worker that charges a stored card and dies between asking and writing down: run as a process of its own."""

from __future__ import annotations

import os
import signal
import sys
from uuid import UUID


def main() -> None:
    name, folder, base, invoice, method, when = sys.argv[1:]
    import django

    django.setup()
    from pathlib import Path

    from hostkeep.adapters.gateways.stripe.gateway import Config, Stripe
    from hostkeep.billing.calls import gateways
    from hostkeep.flows import paying
    from tests import database
    from tests.drivers.stripe_side import KEY, SECRET, Line, Side
    from tests.rooms.billing.making import billing_act

    database.point(name, user="hk_app", folder=Path(folder))

    class Dies(Line):
        def request(self, method, url, **rest):
            if when == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            super().request(method, url, **rest)
            os.kill(os.getpid(), signal.SIGKILL)

    gateways.carry_with(lambda name, _: {"stripe": Stripe(Dies(Side()), Config(KEY, (SECRET,), base))}.get(name))
    paying.charge_stored(billing_act("everything"), invoice=UUID(invoice), method=UUID(method), once="dun-1")


main()
