"""One peer that records changes, run by the Python of its own virtual environment, on a database of its own.

Called with the peer's name, the folder of the server's socket and the database.  For each line on its input it
writes a JSON line: seconds a save of a plain row, and of one that is recorded, each inside atomic().
"""

from __future__ import annotations

import json
import statistics
import sys
import time
import types
from importlib.machinery import ModuleSpec

PEER, FOLDER, NAME = sys.argv[1:4]
APPS = {
    "auditlog": ["django.contrib.auth", "auditlog"],
    "simple_history": ["django.contrib.auth", "simple_history"],
    "pghistory": ["pgtrigger", "pghistory"],
}


def main() -> None:
    import django
    from django.apps import AppConfig
    from django.conf import settings

    module = types.ModuleType("things")
    module.__file__ = __file__
    module.__path__ = []
    sys.modules["things"] = module
    sys.modules["things.models"] = types.ModuleType("things.models")
    sys.modules["things.models"].__spec__ = ModuleSpec("things.models", None)

    class Things(AppConfig):
        name = "things"
        label = "things"
        path = "."

    module.Things = Things
    Things.__module__ = "things"
    settings.configure(
        INSTALLED_APPS=["django.contrib.contenttypes", *APPS[PEER], "things.Things"],
        DATABASES={"default": {
            "ENGINE": "django.db.backends.postgresql", "NAME": NAME, "USER": "postgres", "HOST": FOLDER, "CONN_MAX_AGE": None,
        }},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField", USE_TZ=True,
    )  # fmt: skip
    django.setup()
    plain, recorded = models()
    from django.core.management import call_command

    if "django.contrib.auth" in APPS[PEER]:
        call_command("migrate", "auth", verbosity=0)  # tables of ours name its users
    call_command("migrate", run_syncdb=True, verbosity=0)
    if PEER == "pghistory":
        call_command("pgtrigger", "install", verbosity=0)
    rows = [fresh(plain), fresh(recorded)]
    for line in sys.stdin:
        print(json.dumps(in_turns(rows, int(line))), flush=True)
        check(recorded, rows[1])


def models():
    from django.db import models as m

    def columns():
        return {
            "kind": m.CharField(max_length=64), "body": m.JSONField(), "brand": m.CharField(max_length=32),
            "trace": m.CharField(max_length=64), "at": m.DateTimeField(), "__module__": "things",
            "Meta": type("Meta", (), {"app_label": "things"}),
        }  # fmt: skip

    plain = type("Plain", (m.Model,), columns())
    extra = {}
    if PEER == "simple_history":
        from simple_history.models import HistoricalRecords

        extra = {"history": HistoricalRecords(app="things")}
    recorded = type("Recorded", (m.Model,), {**columns(), **extra})
    if PEER == "auditlog":
        from auditlog.registry import auditlog

        auditlog.register(recorded)
    if PEER == "pghistory":
        import pghistory

        pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent())(recorded)
    return plain, recorded


def fresh(model):
    from django.utils import timezone

    return model.objects.create(kind="bench", body={}, brand="vps6", trace="0", at=timezone.now())


def in_turns(rows, turns: int) -> list[float]:
    """Median seconds of a save of each row, measured in turns."""
    from django.db import transaction

    spans = [[] for _ in rows]
    for n in range(turns):
        for row, took in zip(rows, spans, strict=True):
            row.trace = str(n)
            began = time.perf_counter()
            with transaction.atomic():
                row.save()
            took.append(time.perf_counter() - began)
    return [statistics.median(took) for took in spans]


def check(model, row) -> None:
    """A peer that recorded nothing is not measured."""
    from django.db import connection

    table = {
        "auditlog": "auditlog_logentry", "simple_history": "things_historicalrecorded", "pghistory": "things_recordedevent",
    }[PEER]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        assert cursor.fetchone()[0] > 1, "nothing was recorded"


main()
