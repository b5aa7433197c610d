"""From a cart to a paid invoice, to the same at pretix and to its order alone; one client each, in turns.

Ours: the order with its copies of the catalogue, the gapless invoice with its ledger entry and its buyer's block, the
service and its subscription, the attempt to pay and the payment.  Theirs: the order with a payment that is begun, by
the deed that its own checkout calls; and the same with the payment confirmed and the invoice written.  Filling the
cart is in neither's time, nor is what workers do later.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from uuid import uuid4

from bench.figures import Figure, compared, interleaved
from bench.house import BRAND, ROOT, SECONDS, postgres_on
from bench.shop import PRETIX, prepare

ACCOUNTS = 50
"""Who order in turns."""
DEEDS = {"paid": "pretix's, invoice written", "orders": "pretix's orders alone"}


def figures() -> Iterator[Figure]:
    environ = prepare(PRETIX)
    script = ROOT / "bench" / "peers" / "shop_pretix.py"
    here = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"}
    with postgres_on(1), ExitStack() as stack:
        ours = _client(stack, here, sys.executable, "-m", "bench.ordering")
        _rate(ours)  # warm
        for deed, said in DEEDS.items():
            theirs = _client(stack, environ, str(PRETIX.python), str(script), deed)
            _rate(theirs)
            rounds = interleaved(lambda: _rate(ours), lambda client=theirs: _rate(client))
            yield compared(f"orders to paid invoices a second, one client, to {said}", rounds, ">= 5")


def _client(stack: ExitStack, environ: Mapping[str, str], *argv: str) -> subprocess.Popen[str]:
    pinned = ["taskset", "-c", "0", *argv]
    return stack.enter_context(
        subprocess.Popen(pinned, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ)
    )


def _rate(client: subprocess.Popen[str]) -> float:
    """Deeds a second."""
    assert client.stdin is not None
    assert client.stdout is not None
    client.stdin.write(f"{SECONDS}\n")
    client.stdin.flush()
    return float(json.loads(client.stdout.readline()))


def main() -> None:
    """Our client: for each line of seconds on its input, order and pay for so long and write how many a second."""
    import django

    django.setup()
    from hostkeep.billing.queries.invoices import sheet
    from hostkeep.kernel.ids import BrandId
    from hostkeep.runtime import brand as running_brand

    with running_brand.during(BrandId(BRAND)):
        buyers = [_join() for _ in range(ACCOUNTS)]
        n = 0
        for line in sys.stdin:
            spent, done = 0.0, 0
            while spent < float(line):
                buyer = buyers[n % ACCOUNTS]
                n += 1
                cart, gross = _fill(buyer)
                began = time.perf_counter()
                invoice = order_and_pay(buyer, cart, gross)
                spent += time.perf_counter() - began
                done += 1
                assert sheet(invoice, of=buyer.id).is_paid
            print(json.dumps(done / spent), flush=True)


def _act(purpose: str, role: str = "customer", own=None):
    from hostkeep.kernel.act import Act
    from hostkeep.kernel.ids import ActorId, BrandId, PurposeId

    now, brand = datetime.now(UTC), BrandId(BRAND)
    return Act(ActorId("job:bench"), role, PurposeId(purpose), now, "ordering:bench", brand, own=own, channel="web")


def _join():
    """Open an account whose name is known; its row."""
    from hostkeep.brands.queries import policy_in_force
    from hostkeep.faces.signin.logins import make_login
    from hostkeep.kernel.ids import BrandId, CategoryId
    from hostkeep.people.actions.joining import open_account
    from hostkeep.people.queries import account

    act = _act("account", "visitor")
    user = make_login(email=f"{uuid4().hex[:8]}@example.test", password=uuid4().hex, at=act.at)
    asked = policy_in_force(BrandId(BRAND), act.at).categories.keys() & {CategoryId("name"), CategoryId("country")}
    values = {CategoryId("name"): "Ann Example", CategoryId("country"): "NL"}
    return account(open_account(act, user=user, values={c: values[c] for c in asked}, language="en").account)


def _fill(buyer):
    """A cart with one server in it, and what it comes to."""
    from hostkeep.flows.checkout import quote
    from hostkeep.shop.actions.carting import Wish, add_line, open_cart
    from hostkeep.shop.queries import carts
    from hostkeep.shop.queries.shelves import groups_of

    act = _act("order", own=buyer.subject)
    card = groups_of(act.brand, currency="EUR", language="en")[0].cards[0]
    mine = carts.cart_of_account(act, buyer.id)
    cart = mine.id if mine else open_cart(act, currency="EUR", account=buyer.id).cart
    add_line(act, cart=cart, wish=Wish(card.slug, "monthly", {}, {}, 1))
    held = carts.cart(act, cart, account=buyer.id)
    return cart, quote(act, cart=held, account=buyer.id).gross


def order_and_pay(buyer, cart, gross):
    """Order what lies in a cart, and take its money as a gateway's word makes it paid."""
    from hostkeep.billing.actions.paying import begin_payment, record_outcome
    from hostkeep.drivers.payments import Settled
    from hostkeep.flows.checkout import place_order

    act = _act("order", own=buyer.subject)
    placed = place_order(act, cart=cart, account=buyer.id, expected=gross, once=uuid4().hex, answers={})
    begun = begin_payment(act, of=buyer.id, invoice=placed.invoice, gateway="testpay")
    record_outcome(_act("billing", "system"), attempt=begun.attempt, outcome=Settled(uuid4().hex, begun.amount))
    return placed.invoice


if __name__ == "__main__":
    main()
