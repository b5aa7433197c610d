"""Whether our static files changed since they were gathered."""

from __future__ import annotations

import hashlib
from pathlib import Path

import hostkeep

ROOT = Path(hostkeep.__file__).parent


def _now() -> str:
    """Return a digest of names, sizes and times of all static files of ours."""
    digest = hashlib.sha256()
    for path in sorted(ROOT.glob("faces/*/static/**/*")):
        if path.is_file():
            stat = path.stat()
            digest.update(f"{path}|{stat.st_size}|{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def changed(note_file: Path) -> bool:
    """Say whether files changed since the note was written, or none was."""
    return not note_file.exists() or note_file.read_text(encoding="ascii") != _now()


def note(note_file: Path) -> None:
    """Write down how the files stand."""
    note_file.write_text(_now(), encoding="ascii")
