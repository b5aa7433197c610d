"""django-hordak, run by the Python of its own virtual environment, on a database of its own.

Called with the folder of the server's socket, the database and a deed: "prepare" makes tables and accounts;
"transfer" is its documented transfer between two accounts, without key or condition; "spend" is what comes nearest
to ours: the account's row locked, its balance asked, then the transfer.  For each line of seconds on its input a
client does so for so long and writes how many a second.
"""

from __future__ import annotations

import json
import sys
import time

FOLDER, NAME, DEED = sys.argv[1:4]


def main() -> None:
    import django
    from django.conf import settings

    settings.configure(
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "mptt", "hordak"],
        DATABASES={"default": {
            "ENGINE": "django.db.backends.postgresql", "NAME": NAME, "USER": "postgres", "HOST": FOLDER, "CONN_MAX_AGE": None,
        }},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField", USE_TZ=True, CURRENCIES=["EUR"],
        HORDAK_MAX_DIGITS=20, SECRET_KEY="bench",
    )  # fmt: skip
    django.setup()
    if DEED == "prepare":
        prepare()
        return
    work = {"transfer": transfer, "spend": spend}[DEED]()
    for line in sys.stdin:
        began, done = time.perf_counter(), 0
        while (took := time.perf_counter() - began) < float(line):
            work()
            done += 1
        print(json.dumps(done / took), flush=True)


def prepare() -> None:
    from django.core.management import call_command
    from django.db import transaction
    from hordak.models import Account, AccountType
    from moneyed import Money

    call_command("migrate", verbosity=0)
    hot, other, bank = (
        Account.objects.create(name=name, code=str(n), type=kind, currencies=["EUR"])
        for n, (name, kind) in enumerate(
            (("hot", AccountType.liability), ("other", AccountType.asset), ("bank", AccountType.asset)), start=1
        )
    )
    with transaction.atomic():
        hot.transfer_to(bank, Money(10**9, "EUR"))


def accounts():
    from hordak.models import Account

    return Account.objects.get(name="hot"), Account.objects.get(name="other")


def transfer():
    """The shortcut that its documentation gives."""
    from django.db import transaction
    from moneyed import Money

    hot, other = accounts()
    amount = Money("0.01", "EUR")

    def work() -> None:
        with transaction.atomic():
            other.transfer_to(hot, amount)

    return work


def spend():
    """Only if there is enough, whoever else spends at once."""
    from django.db import transaction
    from hordak.models import Account
    from moneyed import Money

    hot, other = accounts()
    amount = Money("0.01", "EUR")

    def work() -> None:
        with transaction.atomic():
            locked = Account.objects.select_for_update().get(pk=hot.pk)
            assert locked.get_simple_balance()["EUR"] >= amount
            other.transfer_to(locked, amount)

    return work


main()
