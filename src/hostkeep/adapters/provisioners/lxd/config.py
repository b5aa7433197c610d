"""What the LXD driver is told about its daemon."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LxdConfig:
    """One daemon, LXD or Incus: they share the interface.

    socket   path of its unix socket
    image    alias of the image new containers are made from
    profile  the daemon's profile they get: it says which pool and which network
    pool     storage pool that can limit sizes; an empty text leaves the disk to the profile
    seconds  how long one answer of the daemon may take
    settle   seconds to wait for the network to give an address
    """

    socket: str
    image: str = "hostkeep"
    profile: str = "default"
    pool: str = ""
    seconds: float = 60.0
    settle: float = 5.0
