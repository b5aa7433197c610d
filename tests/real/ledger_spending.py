"""A client that spends from one account until its server is gone, and says which spends it was answered."""

from __future__ import annotations

import itertools
import sys

import django


def main(me: str) -> None:
    django.setup()
    from django.db.utils import Error

    from hostkeep.faces.cli.acts import act_of_operator
    from hostkeep.kernel.ids import BrandId, Ref
    from hostkeep.kernel.money import EUR, Money
    from hostkeep.ledger import book
    from hostkeep.ledger.rules import Leg
    from tests.real.test_ledger_killed import ABOUT, HOT

    act = act_of_operator(brand=BrandId("vps6"))
    legs = [Leg(HOT, Money(1, EUR)), Leg("receivable:hot", Money(-1, EUR))]
    about = Ref("bench.thing", ABOUT)
    for n in itertools.count():
        key = f"{me}:{n}"
        try:
            book.post_covered(act, key=key, about=about, postings=legs, floors={HOT: Money(0, EUR)})
        except Error:
            return
        sys.stdout.write(f"{key}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
