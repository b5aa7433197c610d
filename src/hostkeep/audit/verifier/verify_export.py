"""Check the entries of an export: python3 verify_export.py entries.json

Python alone is enough; the signature is checked where the package "cryptography" is installed.
Compare the checkpoint and the key that are printed with those of /.well-known/, or with what you kept.
"""

import base64
import importlib
import json
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

FIELDS = "id at verb actor role purpose brand kind thing category clause digest count trace"
ESCAPES = str.maketrans({i: "\\" + o for i, o in zip("\\\b\f\n\r\t\v", "\\bfnrtv", strict=True)})


def root_of(entry: dict[str, Any], size: int) -> bytes | None:
    """Return the root that a proof leads to (RFC 9162 section 2.1.3.2), None where it leads nowhere."""
    fields = (str(entry["fields"][name]).translate(ESCAPES) for name in FIELDS.split())
    line = "\t".join(["hostkeep-audit-1", *fields]).encode()
    whole, index, last = sha256(b"\0" + line).digest(), entry["position"], size - 1
    for part in map(base64.b64decode, entry["proof"]):
        if index & 1 or index == last:
            whole = sha256(b"\1" + part + whole).digest()
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            whole = sha256(b"\1" + whole + part).digest()
        index, last = index >> 1, last >> 1
    return whole if last == 0 and 0 <= entry["position"] < size else None


def signature_of(note: str, key: str) -> str:
    """Say what can be said of a note's signature (C2SP signed-note)."""
    try:
        ed25519 = importlib.import_module("cryptography.hazmat.primitives.asymmetric.ed25519")
    except ImportError:
        return "NOT CHECKED, as the package cryptography is not installed"
    (name, _, public), (text, _, tail) = key.split("+", 2), note.rpartition("\n\n")
    known = ed25519.Ed25519PublicKey.from_public_bytes(base64.b64decode(public)[1:])
    packed = next((line.split(" ")[2] for line in tail.split("\n") if line.startswith(f"\u2014 {name} ")), "")
    try:
        known.verify(base64.b64decode(packed)[4:], f"{text}\n".encode())
    except Exception:  # noqa: BLE001  whatever is wrong with it, it is no signature
        return "BAD"
    return "good"


if __name__ == "__main__":
    told = json.loads(Path(sys.argv[1]).read_text("utf-8")) if sys.argv[1:] else sys.exit(__doc__)
    _, size, root = [*told["checkpoint"].split("\n"), "0", ""][:3]
    wrong = [e["position"] for e in told["entries"] if root_of(e, int(size)) != base64.b64decode(root)]
    signed = signature_of(told["checkpoint"], told["key"]) if told["checkpoint"] else "none was made yet"
    sys.stdout.write("".join(f"CHANGED: the entry at position {position}\n" for position in wrong))
    proven, late = len(told["entries"]) - len(wrong), len(told["waiting"])
    sys.stdout.write(f"{proven} of {len(told['entries'])} entries are proven. Too new to be: {late}.\n")
    sys.stdout.write(f"Signature: {signed}. Key: {told['key']}\n{told['checkpoint']}")
    sys.exit(1 if wrong or signed == "BAD" else 0)
