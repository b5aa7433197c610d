"""LXD as a provisioner: one service is one container that bears the service's handle and nothing else."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from hostkeep.adapters.provisioners.lxd.config import LxdConfig
from hostkeep.adapters.provisioners.lxd.daemon import Daemon, Denied, Missing
from hostkeep.drivers.machines import Ask, Done, Outcome, Refused, Unknown, Waiting
from hostkeep.drivers.manifest import Manifest
from hostkeep.drivers.wire import LineBroke, Wire

HANDLE = re.compile(r"hk-[0-9a-f]{8,61}")
LIMITS = {"cpu": 256, "memory_mb": 4_194_304, "disk_gb": 1_048_576}
GRACE = 10
PAUSE = 0.2


class Lxd:
    """Containers at one daemon."""

    manifest: ClassVar[Manifest] = Manifest("lxd", 1, sockets=("pylxd",))
    config_type: ClassVar[type[LxdConfig]] = LxdConfig

    def __init__(self, config: LxdConfig, wire: Wire) -> None:
        del wire
        self._config = config

    def stands(self) -> bool:
        """Tell whether the daemon answers and has the image that new containers are made from."""
        try:
            return Daemon(self._config.socket, self._config.seconds).has_image(self._config.image)
        except (LineBroke, Denied):
            return False

    def create(self, ask: Ask) -> Outcome:
        """Make the container and start it.  One that stands already is only started.

        The spec may say "cpu" (cores), "memory_mb" and "disk_gb", each a whole number above 0.
        """
        sizes = _sizes(ask.spec)
        if sizes is None:
            return Refused("spec.unknown")
        return self._answer(ask, lambda daemon: self._create(daemon, ask.handle, sizes))

    def suspend(self, ask: Ask) -> Outcome:
        """Stop the container.  Its disk stays."""
        return self._answer(ask, lambda daemon: self._suspend(daemon, ask.handle))

    def resume(self, ask: Ask) -> Outcome:
        """Start the container."""
        return self._answer(ask, lambda daemon: self._start(daemon, ask.handle))

    def terminate(self, ask: Ask) -> Outcome:
        """Destroy the container and its disk."""
        return self._answer(ask, lambda daemon: self._terminate(daemon, ask.handle))

    def look_up(self, ask: Ask) -> Outcome:
        """Tell whether the container runs."""
        return self._answer(ask, lambda daemon: self._look(daemon, ask.handle))

    def _answer(self, ask: Ask, deed: Callable[[Daemon], Outcome]) -> Outcome:
        """Do a deed over a fresh line and turn what may go wrong into an answer."""
        if not HANDLE.fullmatch(ask.handle):
            return Refused("handle.unknown")
        try:
            return deed(Daemon(self._config.socket, self._config.seconds))
        except LineBroke:
            return Unknown()
        except Missing:
            return Refused("never_asked")
        except Denied:
            return Refused("lxd.denied")

    def _create(self, daemon: Daemon, handle: str, sizes: Mapping[str, int]) -> Outcome:
        if _status(daemon, handle) is None:
            try:
                daemon.make(self._body(handle, sizes))
            except Missing:
                return Refused("image.missing")
            except Denied:
                # Somebody else with the same key may have been faster: what counts is what stands now.
                if _status(daemon, handle) is None:
                    return Refused("lxd.not_made")
        return self._start(daemon, handle)

    def _body(self, handle: str, sizes: Mapping[str, int]) -> dict[str, Any]:
        limits = {}
        if "cpu" in sizes:
            limits["limits.cpu"] = str(sizes["cpu"])
        if "memory_mb" in sizes:
            limits["limits.memory"] = f"{sizes['memory_mb']}MiB"
        body: dict[str, Any] = {
            "name": handle,
            "type": "container",
            "source": {"type": "image", "alias": self._config.image},
            "profiles": [self._config.profile],
            "config": limits,
        }
        if self._config.pool and "disk_gb" in sizes:
            root = {"type": "disk", "path": "/", "pool": self._config.pool, "size": f"{sizes['disk_gb']}GiB"}
            body["devices"] = {"root": root}
        return body

    def _start(self, daemon: Daemon, handle: str) -> Outcome:
        if daemon.status(handle) != "Running":
            try:
                daemon.turn(handle, "start", grace=GRACE)
            except Missing:
                raise
            except Denied as error:
                # The daemon is still making it for an ask whose answer was lost.
                if "busy" in str(error):
                    return Waiting("building")
                if daemon.status(handle) != "Running":
                    return Refused("lxd.not_started")
        return Done(self._facts(daemon, handle), {})

    def _suspend(self, daemon: Daemon, handle: str) -> Outcome:
        _stop(daemon, handle)
        return Done({"machine": handle}, {})

    def _terminate(self, daemon: Daemon, handle: str) -> Outcome:
        try:
            _stop(daemon, handle)
            daemon.destroy(handle)
        except Missing:
            pass
        return Done({}, {})

    def _look(self, daemon: Daemon, handle: str) -> Outcome:
        if daemon.status(handle) != "Running":
            return Refused("stopped")
        return Done(self._facts(daemon, handle), {})

    def _facts(self, daemon: Daemon, handle: str) -> Mapping[str, str]:
        """Say what may be shown: the container's name and, once the network gave them, its addresses."""
        facts = {"machine": handle, "system": self._config.image}
        until = time.monotonic() + self._config.settle
        wanted = daemon.has_network(handle)
        while wanted:
            found = addresses(daemon.cards(handle))
            if found or time.monotonic() > until:
                return facts | found
            time.sleep(PAUSE)
        return facts


def addresses(cards: Mapping[str, Any]) -> dict[str, str]:
    """Return the first address of each family that the outside can reach.

    cards  the `network` part of an instance's state, by name of the card
    """
    keys = {"inet": "address", "inet6": "address6"}
    found: dict[str, str] = {}
    for name, card in sorted(cards.items()):
        for entry in card.get("addresses") or ():
            key = keys.get(entry.get("family", ""))
            if name != "lo" and key and entry.get("scope") == "global":
                found.setdefault(key, str(entry["address"]))
    return found


def _sizes(spec: Mapping[str, str]) -> dict[str, int] | None:
    """Read the sizes that were bought, or None where one is no sensible number."""
    sizes = {}
    for key, most in LIMITS.items():
        text = spec.get(key)
        if text is None:
            continue
        if not re.fullmatch(r"[0-9]{1,9}", text) or not 0 < int(text) <= most:
            return None
        sizes[key] = int(text)
    return sizes


def _status(daemon: Daemon, handle: str) -> str | None:
    try:
        return daemon.status(handle)
    except Missing:
        return None


def _stop(daemon: Daemon, handle: str) -> None:
    """Stop a container, which may be stopped already.  Raises Missing, Denied."""
    if daemon.status(handle) == "Stopped":
        return
    try:
        daemon.turn(handle, "stop", grace=GRACE)
    except Denied:
        if daemon.status(handle) != "Stopped":
            raise
