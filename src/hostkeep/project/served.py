"""The application as `hostkeep serve` runs it.

Each process says that it lives and which keys it has read, and watches what it connects to.
"""

from __future__ import annotations

from typing import Any


def application() -> Any:
    """Return the application, its beat begun; the server calls this once in each of its processes."""
    from hostkeep.project import wsgi  # sets Django up, which the others need

    # isort: split
    from hostkeep.faces.ui import beating
    from hostkeep.runtime import tripwire

    tripwire.arm()
    beating.start("web")
    return wsgi.application
