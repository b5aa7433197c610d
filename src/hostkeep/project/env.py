"""The environment, parsed once."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

KNOWN = frozenset({
    "DATA", "KEYRING", "KEYRING_ESCROW", "DATABASE_URL", "OWNER_DATABASE_URL", "PUBLIC_URL",
    "TRUSTED_PROXIES", "DEMO", "SECRET_KEY", "LOG_LEVEL", "METRICS_TOKEN", "MAIL_ROUTE", "BRANDS",
    "LXD_SOCKET", "LXD_IMAGE", "LOGS", "STRIPE", "STRIPE_KEY", "STRIPE_SECRETS",
    "EINVOICES",
})  # fmt: skip


STRIPE = frozenset({"key", "secrets", "former"})
"""What is said of a brand's Stripe account: key, secrets of its endpoints, key of the account before it."""


class BadEnvironment(Exception):
    """A HOSTKEEP_* variable is unknown or says something that cannot be."""


@dataclass(frozen=True, slots=True)
class Env:
    """What the environment says.

    data             the data folder
    keyring          folder of wrapping keys, outside the database
    keyring_escrow   folder for copies of ended keys, on another machine or disk; None: none are kept
    database         Django's settings of the application's login
    owner            Django's settings of the owner's login, for migrate, init and restore only
    embedded         whether the database is our own, in the data folder
    public_url       scheme, host and port under which the operator's own host is reached
    trusted_proxies  how many proxies stand in front
    demo             whether this is the demo
    mail_route       "host:port" that takes every mail instead of the receiver's own host, or empty
    brands           folder of the brands that come with a first start
    logs             folder or file that the processes' output goes to, scanned and swept; or empty
    stripe           by brand, its own Stripe account: "key", "secrets", and "former" after a change of it
    stripe_key       key of an account for all brands that have none of their own, or empty: these have none
    stripe_secrets   signing secrets of its webhook endpoints, apart by spaces
    einvoices        by brand, what its system of electronic invoices is told beside brand.toml
    """

    data: Path
    keyring: Path
    keyring_escrow: Path | None
    database: Mapping[str, object]
    owner: Mapping[str, object]
    embedded: bool
    public_url: str
    trusted_proxies: int
    demo: bool
    secret_key: str
    log_level: str
    metrics_token: str
    mail_route: str
    brands: Path
    lxd_socket: str
    lxd_image: str
    logs: str
    stripe: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    stripe_key: str = field(default="", repr=False)
    stripe_secrets: str = field(default="", repr=False)
    einvoices: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)


def read(environ: Mapping[str, str]) -> Env:
    """Parse the environment.  HOSTKEEP_X_FILE reads X from a file.  Raises BadEnvironment."""
    said = _said(environ)
    data = Path(said.get("DATA", ".hostkeep")).resolve()
    url = said.get("DATABASE_URL", "")
    owner_url = said.get("OWNER_DATABASE_URL", url)
    database = _database(url) if url else _embedded(data, "hk_app")
    owner = _database(owner_url) if url else _embedded(data, "hk_owner")
    return Env(
        data=data,
        keyring=Path(said.get("KEYRING", str(data / "keys"))),
        keyring_escrow=Path(said["KEYRING_ESCROW"]) if said.get("KEYRING_ESCROW") else None,
        database=database,
        owner=owner,
        embedded=not url,
        public_url=(said.get("PUBLIC_URL") or _own_url(data, said)).rstrip("/"),
        trusted_proxies=_number(said, "TRUSTED_PROXIES", 0),
        demo=said.get("DEMO") == "1",
        secret_key=said.get("SECRET_KEY") or _own_secret(data),
        log_level=said.get("LOG_LEVEL", "INFO"),
        metrics_token=said.get("METRICS_TOKEN", ""),
        mail_route=said.get("MAIL_ROUTE", ""),
        brands=Path(said.get("BRANDS", "brands")).resolve(),
        lxd_socket=said.get("LXD_SOCKET", ""),
        lxd_image=said.get("LXD_IMAGE", "hostkeep"),
        logs=said.get("LOGS", ""),
        stripe=_stripe(said),
        stripe_key=said.get("STRIPE_KEY", ""),
        stripe_secrets=said.get("STRIPE_SECRETS", ""),
        einvoices=_by_brand(said, "EINVOICES"),
    )


def _own_url(data: Path, said: Mapping[str, str]) -> str:
    """Return where the back office stands if nobody says it: of a demo, where it was started."""
    told = data / "demo.json"
    if said.get("DEMO") != "1" or not told.exists():
        return "http://localhost:8000"
    return str(json.loads(told.read_text(encoding="utf-8"))["base_url"])


def _said(environ: Mapping[str, str]) -> dict[str, str]:
    """Return our variables without their prefix, files read.  Raises BadEnvironment."""
    said: dict[str, str] = {}
    for name, value in environ.items():
        if not name.startswith("HOSTKEEP_"):
            continue
        key = name.removeprefix("HOSTKEEP_")
        if key.endswith("_FILE") and key.removesuffix("_FILE") in KNOWN:
            said[key.removesuffix("_FILE")] = Path(value).read_text(encoding="utf-8").strip()
        elif key in KNOWN:
            said[key] = value
        else:
            raise BadEnvironment(f"{name} is not a setting of Hostkeep; known are {', '.join(sorted(KNOWN))}")
    return said


def _number(said: Mapping[str, str], key: str, default: int) -> int:
    """Return a setting as a number.  Raises BadEnvironment."""
    text = said.get(key, str(default))
    if not text.isdigit():
        raise BadEnvironment(f"HOSTKEEP_{key} must be a number, not {text!r}")
    return int(text)


def _stripe(said: Mapping[str, str]) -> Mapping[str, Mapping[str, str]]:
    """Return the Stripe accounts of brands.  Raises BadEnvironment, which says whose is wrong and no key."""
    found = _by_brand(said, "STRIPE")
    for brand, told in found.items():
        if not told.get("key") or not told.get("secrets", "").split() or told.keys() - STRIPE:
            raise BadEnvironment(
                f'HOSTKEEP_STRIPE must say "key" and "secrets" of {brand}; it may say "former", and no more'
            )
    return found


def _by_brand(said: Mapping[str, str], key: str) -> Mapping[str, Mapping[str, str]]:
    """Return a setting that is JSON: texts by name, by brand.  Raises BadEnvironment."""
    try:
        found = json.loads(said.get(key, "{}"))
    except ValueError:
        found = None
    fits = isinstance(found, dict) and all(
        isinstance(each, dict) and all(isinstance(value, str) for value in each.values())
        for each in found.values()
    )
    if not fits:
        raise BadEnvironment(f'HOSTKEEP_{key} must read {{"brand": {{"name": "..."}}}}')
    return cast("Mapping[str, Mapping[str, str]]", found)


def _embedded(data: Path, user: str) -> Mapping[str, object]:
    """Return Django's settings for the embedded server's socket."""
    return {"NAME": "hostkeep", "USER": user, "HOST": str(data / "postgres"), "PORT": "", "PASSWORD": ""}


def _database(url: str) -> Mapping[str, object]:
    """Return Django's settings for a postgresql:// address, its further parameters (sslmode, ...) as options.

    Source: PostgreSQL, libpq connection strings.  Raises BadEnvironment.
    """
    try:
        told = {k: str(v) for k, v in conninfo_to_dict(url).items()}
    except ProgrammingError:
        told = {}
    if not url.startswith(("postgresql://", "postgres://")) or not told.get("dbname"):
        raise BadEnvironment("HOSTKEEP_DATABASE_URL must read postgresql://user:password@host:port/name")
    return {
        "NAME": told.pop("dbname"),
        "USER": told.pop("user", ""),
        "PASSWORD": told.pop("password", ""),
        "HOST": told.pop("host", ""),
        "PORT": told.pop("port", ""),
        "OPTIONS": told,
    }


def _own_secret(data: Path) -> str:
    """Return the secret kept in the data folder, made at the first start."""
    folder = data / "keys"
    path = folder / "secret_key"
    if not path.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = folder / f"secret_key.{os.getpid()}"
        handle = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
        fresh.rename(path)
    return path.read_text(encoding="ascii")
