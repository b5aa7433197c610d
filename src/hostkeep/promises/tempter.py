"""The tempter: sets a forbidden cookie on the real way out, because a probe of ours asked for it.

It stands inside the cookie guard.  What it sets is named by a key of the WSGI environ, which no request from
the network can carry: servers pass headers on under names that begin with HTTP_.  Source: PEP 3333.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

WISH = "hostkeep.promises.wished_cookie"
"""Holds the Set-Cookie header that the answer shall carry."""


class Tempter:
    """Wraps a WSGI application (PEP 3333)."""

    def __init__(self, inner: Application) -> None:
        self.inner = inner

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Pass on; add the wished cookie where there is a wish."""
        wished = environ.get(WISH)
        if not wished:
            return self.inner(environ, start_response)

        def tempted(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            return start_response(status, [*headers, ("Set-Cookie", str(wished))], *rest)

        return self.inner(environ, tempted)
