"""Structured logs that cannot print a sealed value, an address or a path with a person in it."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping, MutableMapping
from traceback import walk_tb
from types import FrameType
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

OURS = "hostkeep."
"""How our own modules are called."""


def only_allowed(_logger: Any, _name: str, line: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Drop every key that is not on the list, and print sealed values as what they are."""
    return {k: repr(v) if isinstance(v, Sealed) else v for k, v in line.items() if k in ALLOWED}


def without_locals(_logger: Any, _name: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Turn a caught exception into the name of its class and the place it was raised, no text, no locals.

    Raised in a library: also the last place of ours on the way there, or every fault of the database is the
    same line of its driver.
    """
    info = line.pop("exc_info", None)
    if info:
        kind, error, trace = info if isinstance(info, tuple) else sys.exc_info()
        places = [_place(frame, number) for frame, number in walk_tb(trace)]
        ours = next((place for place in reversed(places) if place.startswith(OURS)), "")
        found = list(dict.fromkeys(place for place in (ours, *places[-1:]) if place))
        line["exception"] = f"{getattr(kind, '__name__', type(error).__name__)} at {', '.join(found) or '?'}"
    return line


def _place(frame: FrameType, line: int) -> str:
    """Return a place in a program: the module and the line."""
    return f"{frame.f_globals.get('__name__', '?')}:{line}"


class NameOnly(logging.Handler):
    """For libraries' own lines: the logger, the level, the class of an exception; never the text.

    Their messages quote paths, addresses and values; what we need of them is that they happened.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line to what is the standard error at this moment."""
        line = {"event": f"{record.name}.{record.levelname.lower()}", "level": record.levelname.lower()}
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = record.exc_info[0].__name__
        if isinstance(getattr(record, "status_code", None), int):
            line["status"] = str(vars(record)["status_code"])
        sys.stderr.write(json.dumps(line) + "\n")


def configure(level: str) -> None:
    """Set structlog up for the process, and libraries' own logging.  level: "INFO", "WARNING", ..."""
    root = logging.getLogger()
    if not any(isinstance(handler, NameOnly) for handler in root.handlers):
        root.addHandler(NameOnly(logging.WARNING))
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
