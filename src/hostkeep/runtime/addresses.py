"""Absolute addresses of our own pages."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings


def port() -> str:
    """Return ":8000" as the public address has it, or an empty text."""
    number = urlsplit(settings.HOSTKEEP.public_url).port
    return f":{number}" if number else ""


def scheme() -> str:
    """Return "http" or "https" as the public address has it."""
    return urlsplit(settings.HOSTKEEP.public_url).scheme


def operator_host() -> str:
    """Return the operator's own host name, without port."""
    return urlsplit(settings.HOSTKEEP.public_url).hostname or "localhost"


def operator_url(path: str) -> str:
    """Return the absolute address of a page on the operator's own host.  path: begins with a slash."""
    return f"{scheme()}://{operator_host()}{port()}{path}"


def brand_url(host: str, path: str) -> str:
    """Return the absolute address of a page on a brand's host.  path: begins with a slash."""
    return f"{scheme()}://{host}{port()}{path}"
