"""A worker that books pay-outs and dies at one of its writes: run as a process of its own."""

from __future__ import annotations

import os
import signal
import sys
from datetime import date
from pathlib import Path


def main() -> None:
    name, folder, booked, mine, theirs = sys.argv[1:]
    import django

    django.setup()
    from django.db import connection

    from hostkeep.billing.calls import gateways
    from hostkeep.drivers.payouts import PaidOut, PayoutLine
    from hostkeep.flows import paying_out
    from hostkeep.kernel.money import EUR, Money
    from tests import database
    from tests.conftest import NOON, make_act
    from tests.flows.payer_of_gateways import PaysOut

    database.point(name, user="hk_app", folder=Path(folder))
    fake, posted = PaysOut(), 0
    fake.told = [
        PaidOut("po_1", Money(7900, EUR), date(2026, 3, 2), "under_way", (PayoutLine(mine, 4900, 100), PayoutLine(theirs, 3000))),
        PaidOut("po_2", Money(-100, EUR), date(2026, 3, 2), "under_way", (PayoutLine(mine, -100),)),
    ]
    gateways.carry_with(lambda name, _: {"testpay": fake}.get(name))

    def die(execute, sql, params, many, context):
        nonlocal posted
        if sql.startswith(('INSERT INTO "billing_payout"', 'UPDATE "billing_payout"')):
            if posted == int(booked):
                os.kill(os.getpid(), signal.SIGKILL)
            posted += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(die):
        paying_out.run(make_act(brand="", at=NOON), paying_out.ALL)


main()
