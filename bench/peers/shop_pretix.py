"""pretix as its documentation sets it up without Redis, with twenty products; run by the Python of its own environment.

`python shop_pretix.py` makes tables and products in the database that BENCH_FOLDER and BENCH_DATABASE name; a server
of WSGI serves `shop_pretix:application`.  `python shop_pretix.py orders` is one client that orders: for each line of
seconds on its input it creates orders for so long and writes how many a second; `... paid` takes the money of each
too, for which pretix writes its invoice.  Its own background tasks (letters, the invoice as a PDF) are queued and
not run, as where it has workers.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

FILES = Path(os.environ["BENCH_FILES"])
FILES.mkdir(parents=True, exist_ok=True)
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "pretix.settings", "DATA_DIR": str(FILES), "PRETIX_CONFIG_FILE": os.devnull,
    "PRETIX_DATABASE_BACKEND": "postgresql", "PRETIX_DATABASE_NAME": os.environ["BENCH_DATABASE"],
    "PRETIX_DATABASE_USER": "postgres", "PRETIX_DATABASE_HOST": os.environ["BENCH_FOLDER"],
    "PRETIX_PRETIX_URL": "http://vps6.localhost", "PRETIX_CELERY_BROKER": "memory://", "PRETIX_CELERY_BACKEND": "cache+memory://",
}  # fmt: skip

from django.core.wsgi import get_wsgi_application  # noqa: E402

application = get_wsgi_application()


def prepare() -> None:
    """Tables, an organiser, and an event of twenty products with a price and a quota each."""
    from datetime import timedelta
    from decimal import Decimal

    from django.core.management import call_command
    from django.utils.timezone import now
    from django_scopes import scope
    from pretix.base.models import Event, Organizer

    call_command("migrate", verbosity=0)
    organizer = Organizer.objects.create(name="Bench", slug="bench")
    with scope(organizer=organizer):
        event = Event.objects.create(
            organizer=organizer, name="Shop", slug="shop", currency="EUR", live=True, date_from=now() + timedelta(days=365),
            plugins="pretix.plugins.manualpayment",
        )
        event.set_defaults()
        event.settings.payment_manual__enabled = True
        event.settings.invoice_generate = "paid"
        tax = event.tax_rules.create(name="VAT", rate=Decimal("21.00"))
        shelf = event.categories.create(name="Servers")
        for number in range(20):
            item = event.items.create(
                category=shelf, name=f"Server {number}", description="2 vCPU, 4 GB, 60 GB", default_price=Decimal("6.90"),
                tax_rule=tax, active=True,
            )
            event.quotas.create(name=f"Server {number}", size=1_000_000).items.add(item)


def orders(deed: str) -> None:
    """Order one product of a cart again and again, or order and pay it; filling the cart is not in the time."""
    from datetime import timedelta
    from decimal import Decimal

    from django.utils.timezone import now
    from django_scopes import scope, scopes_disabled
    from pretix.base.models import CartPosition, Event, Order
    from pretix.base.services.orders import _perform_order

    with scopes_disabled():
        event = Event.objects.select_related("organizer").get(slug="shop")
    n = 0
    with scope(organizer=event.organizer):
        item = event.items.first()
        for line in sys.stdin:
            spent, done = 0.0, 0
            while spent < float(line):
                n += 1
                lying = CartPosition.objects.create(
                    event=event, cart_id=f"{deed}{n}", item=item, price=Decimal("6.90"), expires=now() + timedelta(hours=1)
                )
                pay = {"provider": "manual", "payment_amount": Decimal("6.90"), "info_data": {}, "multi_use_supported": False}
                pay |= {"max_value": None, "min_value": None, "fee": None}
                began = time.perf_counter()
                told = _perform_order(
                    event, [pay], [lying.pk], f"user{n}@example.test", "en", None, shown_total=Decimal("6.90")
                )
                if deed == "paid":
                    event.orders.get(pk=told["order_id"]).payments.get().confirm()
                spent += time.perf_counter() - began
                done += 1
                if deed == "paid":
                    order = event.orders.get(pk=told["order_id"])
                    assert order.status == Order.STATUS_PAID
                    assert order.invoices.count() == 1
            print(json.dumps(done / spent), flush=True)


if __name__ == "__main__":
    if sys.argv[1:]:
        orders(sys.argv[1])
    else:
        prepare()
