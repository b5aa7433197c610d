"""Looking for what a person typed, in every disguise a value may wear in a file."""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
import subprocess
import zlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, quote_plus

SHORTEST = 5
"""Parts of a value below this length occur anywhere by chance."""


def parts_of(name: str, value: str) -> set[str]:
    """A typed value and those parts of it that would still give the person away.

    Its words; of an address of mail the part before the @ and the host; of a phone number its digits.
    """
    found = {value, *re.split(r"[\s,]+", value)} if name != "password1" else {value}
    if name in {"email", "login"}:
        found |= set(value.split("@"))
    if name == "phone":
        number = re.sub(r"\D", "", value)
        found = {value, number, number[-9:], number[-7:]}
    if name == "postal_code":
        found = {value, value.replace(" ", "")}
    return {part for part in found if len(part) >= SHORTEST}


def disguises(value: str) -> set[bytes]:
    """The bytes a value may stand as: any case; in base64 at any offset, hex, URLs, JSON, HTML, UTF-16."""
    found: set[bytes] = set()
    for text in {value, value.upper(), value.lower(), value.title()}:
        raw = text.encode()
        found |= {raw, text.encode("utf-16-le"), *in_base64(raw)}
        found |= {raw.hex().encode(), raw.hex().upper().encode()}
        found |= {quote(text, safe="").encode(), quote_plus(text).encode(), html.escape(text).encode()}
        found.add(json.dumps(text)[1:-1].encode())
        found.add(json.dumps(text)[1:-1].replace("\\", "\\\\").encode())
    return {one for one in found if len(one) >= SHORTEST}


def in_base64(raw: bytes) -> set[bytes]:
    """What is sure to be seen of some bytes inside a longer base64 text, at each of the three offsets."""
    found = set()
    for offset in range(3):
        whole = base64.b64encode(b"\0" * offset + raw)
        first = (0, 2, 3)[offset]
        last = len(whole) - {0: 0, 1: 3, 2: 2}[(offset + len(raw)) % 3]
        seen = whole[first:last]
        found |= {seen, seen.translate(bytes.maketrans(b"+/", b"-_"))}
    return found


def found_in(paths: Iterable[Path], needles: Iterable[bytes], folder: Path) -> list[str]:
    """Which of the needles stand where in files and folders, as "path: needle".  grep -F looks once for all."""
    wanted = folder / "needles"
    wanted.write_bytes(b"\n".join(sorted(one for one in needles if b"\n" not in one)))
    done = subprocess.run(
        ["grep", "-raoFf", str(wanted), "--with-filename", "--", *map(str, paths)],
        capture_output=True, env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"}, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode in {0, 1} or not done.stderr.strip(), done.stderr.decode(errors="replace")[:2000]
    return sorted(set(done.stdout.decode(errors="replace").splitlines()))


def peeled(text: str) -> bytes:
    """A stored value with its wrappings off: each piece that reads as base64 or hex, unpacked where packed."""
    layers = [text.encode()]
    for piece in re.findall(r"[A-Za-z0-9+/_=-]{8,}", text):
        for raw in {*_unbased(piece), *_unhexed(piece)}:
            layers.append(raw)
            for window in (zlib.MAX_WBITS, zlib.MAX_WBITS | 16, -zlib.MAX_WBITS):
                with suppress(zlib.error):
                    layers.append(zlib.decompress(raw, window))
    return b"\n".join(layers)


def _unbased(piece: str) -> Iterable[bytes]:
    plain = piece.replace("-", "+").replace("_", "/").rstrip("=")
    with suppress(binascii.Error, ValueError):
        yield base64.b64decode(plain + "=" * (-len(plain) % 4))


def _unhexed(piece: str) -> Iterable[bytes]:
    with suppress(ValueError):
        yield bytes.fromhex(piece)
