"""One way to write a policy down, so that its digest depends on what it says and on nothing else."""

from __future__ import annotations

import hashlib
import json
from typing import Any

LARGEST = 2**53 - 1
"""The largest whole number that is the same in every JSON reader.  Source: RFC 8785, appendix D."""


def canonical(data: Any) -> bytes:
    """Write maps, lists, texts, whole numbers, truths and nulls as canonical JSON.

    data  numbers between -LARGEST and LARGEST; keys and texts without lone surrogates
    Raises TypeError for anything else.  Source: RFC 8785 (JSON Canonicalization Scheme), without fractions.
    """
    return _write(data).encode("utf-8")


def digest_of(data: Any) -> str:
    """Return the SHA-256 of data's canonical JSON, hex."""
    return hashlib.sha256(canonical(data)).hexdigest()


def _write(data: Any) -> str:
    """Write one value."""
    if isinstance(data, dict):
        # Keys are sorted by UTF-16 code units (RFC 8785, 3.2.3), which is not the order of code points.
        keys = sorted(data, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(f"{_write(key)}:{_write(data[key])}" for key in keys) + "}"
    if isinstance(data, list):
        return "[" + ",".join(map(_write, data)) + "]"
    if data is None or isinstance(data, (bool, str)):
        return json.dumps(data, ensure_ascii=False)
    if isinstance(data, int) and abs(data) <= LARGEST:
        return str(data)
    raise TypeError(f"a policy holds no {type(data).__name__} of this size")
