"""The log files that a machine of ours has: the embedded database server's, and the processes' own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

MOST_BYTES = 8_000_000
"""How much of the end of a file is read."""


def log_files() -> tuple[Path, ...]:
    """Return the log files: DATA/postgres/log, and those of our processes."""
    server = (settings.HOSTKEEP.data / "postgres" / "log").resolve()
    return tuple(sorted({*process_logs(), *((server,) if server.is_file() else ())}))


def process_logs() -> tuple[Path, ...]:
    """Return what our processes write into: DATA/*.log, DATA/logs/*, and what HOSTKEEP_LOGS names.

    HOSTKEEP_LOGS is a folder or a file that the operator lets our processes' output go to.  Files set aside
    lie beside the one that goes on ("serve.log.20260301T120000Z", "serve.log.1.gz") and count with it.
    """
    env = settings.HOSTKEEP
    places = (*env.data.glob("*.log"), *env.data.glob("*.log.*"), *env.data.glob("logs/*"), *_told(env.logs))
    return tuple(sorted({place.resolve() for place in places if place.is_file()}))


def last_lines(path: Path) -> Iterator[str]:
    """Give the lines at the end of a file, of MOST_BYTES at most; none where it may not be read."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - MOST_BYTES))
            for line in file:
                yield line.decode("utf-8", "replace")
    except OSError:
        return


def _told(place: str) -> Iterator[Path]:
    """Give the files at the place that the environment names."""
    if place:
        path = Path(place)
        yield from path.iterdir() if path.is_dir() else (path, *path.parent.glob(f"{path.name}.*"))
