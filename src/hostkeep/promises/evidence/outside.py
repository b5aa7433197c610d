"""What somebody sees from outside: cookies that something in front of the application sets.

The guard sees what leaves the application.  A proxy, a load balancer or a content network adds cookies behind
its back (`__cf_bm`, `AWSALB`).  So a page is asked for through the public address, over a real line, as any
browser would.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from hostkeep.drivers.manifest import Manifest
from hostkeep.drivers.wire import HostRefused, LineBroke
from hostkeep.kernel.words import gettext_noop
from hostkeep.promises.control import Check, Scene, Seen, same_check, verdict
from hostkeep.runtime import addresses, egress

PATHS = ("/", "/privacy/policy.json", "/auth/login/", "/no-such-page/")
"""A page, data, a form and an error: things in front of an application often treat them differently."""

LACKS = "public address"
SECONDS = 5.0
MANIFEST = Manifest("outside", 1)
OURS = "frame-ancestors 'none'"
"""Stands in the content policy of every answer of ours."""

_NEXT = re.compile(r",\s*(?=[^\s;,=\"]+=)")


@dataclass(frozen=True, slots=True)
class Look:
    """What came back.  cookies: the names that the answer set; ours: whether our application answered."""

    cookies: frozenset[str]
    ours: bool


Ask = Callable[[str, str], Look | None]
"""Ask a host for a path; None where nobody answers."""

_ask: list[Ask] = []


def carry_with(ask: Ask) -> None:
    """Say how a page is asked for from outside, other than through the public address.  For tests."""
    _ask[:] = [ask]


@same_check
def sets_nothing_undeclared() -> Check:
    """Check that whoever comes through the public address gets no cookie that the policy does not declare."""

    def look(scene: Scene) -> Seen:
        ask = _ask[0] if _ask else ask_publicly
        looks = [found for path in PATHS if (found := ask(scene.brand.host, path)) is not None]
        if not looks:
            return Seen("absent", LACKS)
        strange = sorted({name for found in looks for name in found.cookies} - set(scene.policy.cookies))
        if not strange and not any(found.ours for found in looks):
            return Seen("unsure", "something else answers at the public address")
        return verdict(not strange, " ".join([f"{len(looks)} pages", *strange])[:200])

    return Check(gettext_noop("Seen from outside, no cookie is set that the policy does not declare"), look)


def ask_publicly(host: str, path: str) -> Look | None:
    """Ask through the public address of a brand's host; return what came, or None where nobody answers."""
    url = addresses.brand_url(host, path)
    place = f"{host}{addresses.port()}"
    wire = egress.wire_for(MANIFEST, (place,), inside=(host, place))
    try:
        reply = wire.request("GET", url, headers={"Accept": "text/html"}, body=b"", seconds=SECONDS)
    except (LineBroke, HostRefused):
        return None
    policy = reply.headers.get("content-security-policy", "")
    return Look(names_in(reply.headers.get("set-cookie", "")), OURS in policy)


def names_in(header: str) -> frozenset[str]:
    """Return the names of the cookies that joined Set-Cookie headers set.

    Headers of one name come joined by commas.  A comma within one, as in a date, is not followed by "name=".
    """
    return frozenset(part.partition("=")[0].strip() for part in _NEXT.split(header)) - {""}
