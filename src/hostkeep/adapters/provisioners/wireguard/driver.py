"""WireGuard as a provisioner: one service is one handle with a peer for each device.

Nothing here logs, and nothing here reads what a tunnel carries: the peer file holds keys and inner
addresses, and of the running server only the list of its public keys is ever asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network
from typing import ClassVar

from hostkeep.adapters.provisioners.wireguard.config import WireGuardConfig
from hostkeep.adapters.provisioners.wireguard.keys import KeyPair, new_pair, public_of
from hostkeep.adapters.provisioners.wireguard.peers import (
    DamagedFile,
    Peer,
    PoolFull,
    Server,
    at_offset,
    free_offsets,
)
from hostkeep.adapters.provisioners.wireguard.store import Store
from hostkeep.drivers.machines import Ask, Done, Outcome, Refused, Unknown
from hostkeep.drivers.manifest import Manifest
from hostkeep.drivers.wire import LineBroke, Wire

MOST_DEVICES = 32
HANDLE = re.compile(r"hk-[0-9a-f]{8,61}")
SECONDS = 20.0


def secret_name(device: int) -> str:
    """Return the name of a device's configuration among the secrets.  device: counted from 1."""
    return "wireguard.conf" if device == 1 else f"wireguard-{device}.conf"


class WireGuard:
    """Peers on one WireGuard server."""

    manifest: ClassVar[Manifest] = Manifest("wireguard", 1, sockets=("wg",))
    config_type: ClassVar[type[WireGuardConfig]] = WireGuardConfig

    def __init__(self, config: WireGuardConfig, wire: Wire) -> None:
        self._config = config
        self._wire = wire
        self._store = Store(config.folder, config.interface, config.port)
        self._network = IPv4Network(config.network)
        self._network6 = IPv6Network(config.network6) if config.network6 else None

    def create(self, ask: Ask) -> Outcome:
        """Give the service its peers and make them run.

        A peer that stands already stays as it is where its configuration came sealed with the ask; where it
        did not, its key is replaced in place: same address, the old key stops.  The spec may say "devices"
        (1 to 32, 1 if absent) and "renew" (the name of the one secret to replace, all others are left alone).
        """
        devices = ask.spec.get("devices", "1")
        if not re.fullmatch(r"[0-9]{1,2}", devices) or not 1 <= int(devices) <= MOST_DEVICES:
            return Refused("spec.unknown")
        return self._answer(ask, lambda: self._create(ask, int(devices)))

    def suspend(self, ask: Ask) -> Outcome:
        """Stop letting the service in.  Its keys and addresses stay."""
        return self._answer(ask, lambda: self._switch(ask, running=False))

    def resume(self, ask: Ask) -> Outcome:
        """Let it in again."""
        return self._answer(ask, lambda: self._switch(ask, running=True))

    def terminate(self, ask: Ask) -> Outcome:
        """Forget the service.  Its addresses are free again."""
        return self._answer(ask, lambda: self._forget(ask))

    def look_up(self, ask: Ask) -> Outcome:
        """Tell whether the service's peers stand in the file and, where we apply it, at the server."""
        return self._answer(ask, lambda: self._look(ask))

    def _answer(self, ask: Ask, deed: Callable[[], Outcome]) -> Outcome:
        """Do a deed under the server's lock and turn what may go wrong into an answer."""
        if not HANDLE.fullmatch(ask.handle):
            return Refused("handle.unknown")
        try:
            with self._store.locked():
                return deed()
        except PoolFull:
            return Refused("capacity.full")
        except DamagedFile:
            return Refused("wireguard.file_damaged")
        except (LineBroke, OSError):
            return Unknown()

    def _create(self, ask: Ask, devices: int) -> Outcome:
        server = self._store.read()
        known = {peer.device: peer for peer in server.of(ask.handle)}
        missing = [device for device in range(1, devices + 1) if device not in known]
        offsets = free_offsets(self._network, (p.address for p in server.peers), len(missing))
        for device, offset in zip(missing, offsets, strict=True):
            known[device] = self._new_peer(ask.handle, device, offset)
        secrets: dict[str, str] = {}
        peers = []
        for device, peer in sorted(known.items()):
            if self._stays(ask, peer):
                peers.append(peer if "renew" in ask.spec else replace(peer, running=True))
                continue
            pair = new_pair()
            peers.append(replace(peer, public=pair.public))
            secrets[secret_name(device)] = self._client_file(server, peers[-1], pair)
        self._apply(server.with_peers(ask.handle, peers))
        return Done(self._facts(peers), secrets)

    def _stays(self, ask: Ask, peer: Peer) -> bool:
        """Tell whether a peer keeps its key.  A new one has none to keep."""
        name = secret_name(peer.device)
        if not peer.public:
            return False
        if "renew" in ask.spec:
            return ask.spec["renew"] != name
        found = re.search(r"^PrivateKey = (\S{44})$", ask.sealed.get(name, ""), re.MULTILINE)
        try:
            return found is not None and public_of(found.group(1)) == peer.public
        except ValueError:
            return False

    def _new_peer(self, handle: str, device: int, offset: int) -> Peer:
        address6 = at_offset(self._network6, offset) if self._network6 else ""
        return Peer(handle, device, True, "", at_offset(self._network, offset), address6)

    def _switch(self, ask: Ask, *, running: bool) -> Outcome:
        server = self._store.read()
        peers = [replace(peer, running=running) for peer in server.of(ask.handle)]
        if not peers:
            return Refused("never_asked")
        self._apply(server.with_peers(ask.handle, peers))
        return Done(self._facts(peers), {})

    def _forget(self, ask: Ask) -> Outcome:
        server = self._store.read()
        if server.of(ask.handle):
            self._apply(server.with_peers(ask.handle, ()))
        elif self._config.sync:
            self._sync()
        return Done({}, {})

    def _look(self, ask: Ask) -> Outcome:
        server = self._store.read()
        if self._config.sync and self._live() != {p.public for p in server.peers if p.running}:
            # A change was written but never applied: whatever the file says of the service is not yet so.
            return Refused("not_applied")
        peers = server.of(ask.handle)
        if not peers:
            return Refused("never_asked")
        if not all(peer.running for peer in peers):
            return Refused("stopped")
        return Done(self._facts(peers), {})

    def _live(self) -> set[str]:
        """Return the public keys the server lets in.  Never asks for end points, times or counters."""
        ran = self._wire.run(["wg", "show", self._config.interface, "peers"], stdin=b"", seconds=SECONDS)
        if ran.code != 0:
            raise LineBroke
        return set(ran.out.decode("ascii", "replace").split())

    def _apply(self, server: Server) -> None:
        self._store.write(server)
        if self._config.sync:
            self._sync()

    def _sync(self) -> None:
        argv = ["wg", "syncconf", self._config.interface, str(self._store.path)]
        if self._wire.run(argv, stdin=b"", seconds=SECONDS).code != 0:
            raise LineBroke

    def _facts(self, peers: list[Peer] | tuple[Peer, ...]) -> Mapping[str, str]:
        """Say what may be shown.  `pool` and `leases` tell the house which addresses are taken, and where."""
        facts = {
            "address": peers[0].address,
            "endpoint": f"{self._config.endpoint}:{self._config.port}",
            "public_key": " ".join(peer.public for peer in peers),
            "devices": str(len(peers)),
            "pool": f"{self._config.interface} {self._config.network}",
            "leases": " ".join(peer.address for peer in peers),
        }
        if peers[0].address6:
            facts["address6"] = peers[0].address6
        return facts

    def _client_file(self, server: Server, peer: Peer, pair: KeyPair) -> str:
        """Write the customer's configuration as every WireGuard app reads it."""
        config = self._config
        inside = f"{peer.address}/32" + (f", {peer.address6}/128" if peer.address6 else "")
        lines = ["[Interface]", f"PrivateKey = {pair.private}", f"Address = {inside}"]
        if config.dns:
            lines.append(f"DNS = {config.dns}")
        lines += ["", "[Peer]", f"PublicKey = {public_of(server.private)}", f"AllowedIPs = {config.allowed}"]
        lines.append(f"Endpoint = {config.endpoint}:{config.port}")
        if config.keepalive:
            lines.append(f"PersistentKeepalive = {config.keepalive}")
        return "\n".join(lines) + "\n"
