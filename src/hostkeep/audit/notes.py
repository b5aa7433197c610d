"""Checkpoints as text: the C2SP forms, without the cryptography.

A checkpoint is a note: origin, size and root (base64), one a line; an empty line; then a line for each
signature: an em dash, the key's name, and base64 of four bytes of the key's hash and the signature.
Source: C2SP signed-note v1.0.0 and tlog-checkpoint v1.0.0.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from hashlib import sha256

ED25519 = b"\x01"
"""The kind of signature, as the key's hash and its printed form have it."""

DASH = "\u2014 "
ROOT_BYTES = 32
HINT_BYTES = 4


class BadNote(ValueError):
    """A text is no checkpoint."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a checkpoint says.

    origin      which log: host and path
    size        leaves of the tree
    root        its root, 32 bytes
    text        what is signed, with its line's end
    signatures  (name of the key, hint and signature)
    """

    origin: str
    size: int
    root: bytes
    text: str
    signatures: tuple[tuple[str, bytes], ...]


def text_of(origin: str, size: int, root: bytes) -> str:
    """Return the text that is signed."""
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"


def hint_of(name: str, public: bytes) -> bytes:
    """Return the four bytes by which a signature line names its key."""
    return sha256(name.encode() + b"\n" + ED25519 + public).digest()[:HINT_BYTES]


def printed_key(name: str, public: bytes) -> str:
    """Return a public key as programs read it: name+hint+key."""
    return f"{name}+{hint_of(name, public).hex()}+{base64.b64encode(ED25519 + public).decode()}"


def signed(text: str, name: str, public: bytes, signature: bytes) -> str:
    """Return the note: the text with its signature."""
    packed = base64.b64encode(hint_of(name, public) + signature).decode()
    return f"{text}\n{DASH}{name} {packed}\n"


def read(note: str) -> Told:
    """Read a note.  Raises BadNote."""
    text, gap, tail = note.rpartition("\n\n")
    lines = text.split("\n")
    try:
        origin, size, root = lines[0], int(lines[1]), base64.b64decode(lines[2], validate=True)
        signatures = tuple(_signature(line) for line in tail.splitlines())
    except (IndexError, ValueError, binascii.Error) as error:
        raise BadNote("no checkpoint") from error
    if not gap or not origin or str(size) != lines[1] or size < 0 or len(root) != ROOT_BYTES:
        raise BadNote("no checkpoint")
    return Told(origin, size, root, f"{text}\n", signatures)


def _signature(line: str) -> tuple[str, bytes]:
    """Read a signature line.  Raises ValueError."""
    name, _, packed = line.removeprefix(DASH).partition(" ")
    if not line.startswith(DASH) or not name:
        raise ValueError("no signature")
    return name, base64.b64decode(packed, validate=True)
