"""A worker that tells of alarms and dies before the database has a letter: run as a process of its own."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path


def main() -> None:
    name, folder, letters = sys.argv[1:]
    import django

    django.setup()
    from django.db import connection

    from hostkeep.promises import alarm_mail
    from tests import database
    from tests.conftest import NOON, make_act

    database.point(name, user="hk_app", folder=Path(folder))
    written = 0

    def die(execute, sql, params, many, context):
        nonlocal written
        if sql.startswith('INSERT INTO "messaging_mail"'):
            if written == int(letters):
                os.kill(os.getpid(), signal.SIGKILL)
            written += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(die):
        alarm_mail.tell_all(make_act(brand="", at=NOON))


main()
