"""Structured logs that cannot print a sealed value, an address or a path with a person in it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

from hostkeep.kernel.sealed import Sealed

ALLOWED = frozenset({
    "event", "level", "logger", "timestamp", "trace", "brand", "code", "handler", "attempts", "parked",
    "work", "name", "driver", "gateway", "service", "invoice", "order", "payment", "mail", "action",
    "account", "actor", "count", "status", "route", "method", "ms", "version", "digest", "cookie", "clause",
    "port", "pid", "stream", "template", "outcome", "form", "control", "state", "entry", "exception",
    "verb", "stage", "late",
})  # fmt: skip
"""The only keys a line may carry; another is dropped, not masked."""


def only_allowed(_logger: Any, _name: str, line: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Drop every key that is not on the list, and print sealed values as what they are."""
    return {k: repr(v) if isinstance(v, Sealed) else v for k, v in line.items() if k in ALLOWED}


def without_locals(_logger: Any, _name: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Turn a caught exception into the name of its class and the place it was raised, no text, no locals."""
    info = line.pop("exc_info", None)
    if info:
        kind, error, trace = info if isinstance(info, tuple) else sys.exc_info()
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        place = f"{trace.tb_frame.f_code.co_filename.rsplit('/', 3)[-1]}:{trace.tb_lineno}" if trace else "?"
        line["exception"] = f"{getattr(kind, '__name__', type(error).__name__)} at {place}"
    return line


class NameOnly(logging.Filter):
    """For libraries' own lines: keep the logger and level, replace the text by its template's name.

    Their messages may quote paths, addresses and values; what we need of them is that they happened.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Strip the record and let it pass."""
        if not record.name.startswith("hostkeep"):
            record.msg, record.args = f"{record.name}.{record.levelname.lower()}", ()
            if record.exc_info:
                record.msg += f" {getattr(record.exc_info[0], '__name__', '')}"
        record.exc_info, record.exc_text, record.stack_info = None, None, None
        return True


def configure(level: str) -> None:
    """Set structlog up for the process.  level: "INFO", "WARNING", ..."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            without_locals,
            only_allowed,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
