"""The application as a server calls it: final headers around the cookie guard around everything."""

from __future__ import annotations

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hostkeep.project.settings")
_inner = get_wsgi_application()

from hostkeep.faces.ui.guard import CookieGuard  # noqa: E402  Django must be set up first
from hostkeep.faces.ui.headers import FinalHeaders  # noqa: E402
from hostkeep.promises.tempter import Tempter  # noqa: E402

application = FinalHeaders(CookieGuard(Tempter(_inner)))

# What stands after the start lives as long as the process: the collector need not look through it each time.
gc.collect()
gc.freeze()
