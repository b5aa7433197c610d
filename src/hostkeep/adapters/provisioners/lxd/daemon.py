"""The daemon's interface, as far as the driver needs it: one instance, its state, the work under way.

Errors of the line become LineBroke, refusals of the daemon become Denied.  Source: the LXD REST API,
version 1.0, sections instances and operations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import pylxd
import requests
from pylxd.exceptions import ClientConnectionFailed, LXDAPIException, NotFound

from hostkeep.drivers.wire import LineBroke

T = TypeVar("T")


class Denied(Exception):
    """The daemon said no.  Its text stays inside the driver: it may name paths of the host."""


class Missing(Denied):
    """The instance, or the image, is not there."""


def _told(deed: Callable[[], T]) -> T:
    """Do a deed and turn the library's errors into ours."""
    try:
        return deed()
    except NotFound as error:
        raise Missing(str(error)) from None
    except LXDAPIException as error:
        raise Denied(str(error)) from None
    except (ClientConnectionFailed, requests.RequestException, ValueError, KeyError) as error:
        raise LineBroke(type(error).__name__) from None


class Daemon:
    """A line to one daemon.  Each call raises LineBroke where no full answer came, Denied where it was no."""

    def __init__(self, socket: str, seconds: float) -> None:
        if not Path(socket).exists():
            raise LineBroke("no socket")
        endpoint = "http+unix://" + quote(socket, safe="")
        dial: Any = pylxd.Client
        self._client: Any = _told(lambda: dial(endpoint=endpoint, timeout=seconds))

    def status(self, name: str) -> str:
        """Return "Running", "Stopped" or another word of the daemon.  Raises Missing."""
        return str(_told(lambda: self._client.api.instances[name].get().json()["metadata"]["status"]))

    def has_image(self, alias: str) -> bool:
        """Tell whether an image of this alias is there."""
        try:
            _told(self._client.api.images.aliases[alias].get)
        except Missing:
            return False
        return True

    def has_network(self, name: str) -> bool:
        """Tell whether the instance has a network card."""
        found = _told(lambda: self._client.api.instances[name].get().json()["metadata"]["expanded_devices"])
        return any(device.get("type") == "nic" for device in found.values())

    def cards(self, name: str) -> Mapping[str, Any]:
        """Return the network cards as they stand now, by name."""
        state = _told(lambda: self._client.api.instances[name].state.get().json()["metadata"])
        return state.get("network") or {}

    def make(self, body: Mapping[str, Any]) -> None:
        """Make an instance, stopped, and wait until it is made."""
        self._wait(lambda: self._client.api.instances.post(json=body))

    def turn(self, name: str, action: str, *, grace: int) -> None:
        """Start or stop an instance.  grace: seconds a stop may take before the power is cut."""
        body = {"action": action, "timeout": grace, "force": action == "stop"}
        self._wait(lambda: self._client.api.instances[name].state.put(json=body))

    def destroy(self, name: str) -> None:
        """Delete a stopped instance with its disk."""
        self._wait(self._client.api.instances[name].delete)

    def _wait(self, deed: Callable[[], Any]) -> None:
        answer = _told(lambda: deed().json())
        _told(lambda: self._client.operations.wait_for_operation(answer["operation"]))
