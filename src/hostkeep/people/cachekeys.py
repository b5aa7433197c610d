"""Keys of the shared cache, hidden: rate limits are kept by address, and an address must not stand there."""

from __future__ import annotations

from hostkeep.runtime import brand as running_brand
from hostkeep.vault import sealing


def hidden_key(key: str, prefix: str, version: int) -> str:
    """Return an HMAC of a cache key and the running brand.  Django calls it for every key."""
    return sealing.keyed_hash("cache", f"{prefix}:{version}:{running_brand.current()}:{key}")
