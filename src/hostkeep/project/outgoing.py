"""What leaves this machine: where our processes may connect, and what is noted when something tries to.

The first is drawn from the brands, their policies, their drivers and the set-up.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from uuid import NAMESPACE_DNS, uuid5

import structlog
from django.conf import settings
from django.db import DatabaseError, connections

from hostkeep.audit.ringing import QUIET, ring_once
from hostkeep.brands.errors import NoSuchBrand
from hostkeep.brands.queries import BrandRow, all_brands, policy_in_force
from hostkeep.brands.rules.einvoices import read_einvoices
from hostkeep.kernel.ids import OPERATOR, BrandId, ClauseId, Ref
from hostkeep.policy.book import Policy
from hostkeep.runtime import addresses, clock, registry
from hostkeep.runtime.adapter_needs import MAIL_RELAY
from hostkeep.runtime.destinations import ANY, Declared, Destination
from hostkeep.runtime.egress import PORTS, Seen
from hostkeep.runtime.jobs import job_act
from hostkeep.runtime.network_rules import SMTP
from hostkeep.runtime.tallies import tally
from hostkeep.runtime.tripwire import Sighting

log = structlog.get_logger()

ROUTE_FILE = "mail-route"
UNDECLARED = "undeclared_host"
"""The alarm of a connection that nobody declared."""

POSTGRES, HTTPS = 5432, 443
LXD_SOCKETS = (
    "/var/lib/incus/unix.socket",
    "/var/snap/lxd/common/lxd/unix.socket",
    "/var/lib/lxd/unix.socket",
)
LONGEST_NAME = 64
MARK_DIGITS = 12

_shouted: dict[str, datetime] = {}
"""Since when the alarm about a place stands at every brand: spares the book a look at each attempt."""


def gateway_settings(brand: BrandId) -> Mapping[str, Mapping[str, str]]:
    """Return what each gateway that is set up for a brand is told, by its name.

    A brand without a Stripe account of its own has the one that is for all, where there is one.
    """
    env = settings.HOSTKEEP
    known: dict[str, Mapping[str, str]] = {"bank_transfer": {}, "manual": {}}
    if brand in env.stripe:
        known["stripe"] = env.stripe[brand]
    elif env.stripe_key and env.stripe_secrets:
        known["stripe"] = {"key": env.stripe_key, "secrets": env.stripe_secrets}
    if env.demo:
        from hostkeep.faces.demo.pay_book import secret

        known["testpay"] = {"base": env.public_url, "secret": secret(env.data)}
    return known


def named() -> Mapping[str, Collection[str]]:
    """Return whom the settings of gateways name, by setting."""
    return {"HOSTKEEP_STRIPE": settings.HOSTKEEP.stripe.keys()}


def lacking(name: str, brand: BrandId) -> str:
    """Say in English which settings a gateway lacks for a brand; empty where it is set up or has none."""
    env = settings.HOSTKEEP
    if name != "stripe" or name in gateway_settings(brand):
        return ""
    said = f"HOSTKEEP_STRIPE names no account for {brand}"
    if env.stripe_key:
        return f"{said}, and HOSTKEEP_STRIPE_KEY has no webhook's secret: set HOSTKEEP_STRIPE_SECRETS."
    if env.stripe_secrets:
        return f"{said}, and HOSTKEEP_STRIPE_SECRETS has no key: set HOSTKEEP_STRIPE_KEY."
    return f"{said}: it needs a key and the signing secret of a webhook (docs/operating/stripe.md)."


def account_of(name: str, brand: BrandId) -> str:
    """Return by what a brand's account at a gateway is known: the same text is the same account, by its key.

    Empty where a gateway has one for everybody.  Nothing of the key can be read from it.
    """
    key = gateway_settings(brand).get(name, {}).get("key", "")
    return sha256(key.encode()).hexdigest()[:MARK_DIGITS] if key else ""


def declared() -> Declared:
    """Return where our processes may connect now."""
    found: dict[tuple[str, str, int], Destination] = {}
    left_out: list[str] = []
    for brand in all_brands():
        policy = policy_in_force(brand.id, clock.now())
        for each in _of_brand(brand, policy, left_out):
            key = (each.driver, each.host, each.port)
            brands = (*(found[key].brands if key in found else ()), brand.id)
            found[key] = replace(each, brands=brands)
    hosts = (*found.values(), *_mail_hosts(), *_database())
    return Declared(hosts, _paths(), _programs(), tuple(dict.fromkeys(left_out)))


def _of_brand(brand: BrandRow, policy: Policy, left_out: list[str]) -> Iterator[Destination]:
    """Find a brand's own pages, and the gateways and the relay that its policy lets it use."""
    public = addresses.port().lstrip(":")
    port = int(public) if public else PORTS[addresses.scheme()]
    why = "our own pages, looked at as others see them"
    yield Destination("outside", brand.host, port, why, needed=False)
    known = gateway_settings(brand.id)
    for name in brand.payment:
        if name not in known or name not in registry.names("hostkeep.gateways"):
            continue
        driver = registry.load("hostkeep.gateways", name)
        no = _why_not(policy, name, driver.manifest.recipient)
        if no:
            left_out.append(f"{name}: {no}")
            continue
        for place in driver.hosts(known[name]):
            host, port = _split(place)
            yield Destination(name, host, port, "payments, by amount and reference")
    yield from _registry_of(brand, policy, left_out)
    yield from _einvoices_of(brand, policy, left_out)
    relay = settings.HOSTKEEP.mail_route
    if relay and not settings.HOSTKEEP.demo:
        if MAIL_RELAY not in policy.recipients:
            left_out.append(f"smtp: the policy of {brand.id} names no {MAIL_RELAY}")
            return
        yield Destination("smtp", *_split(relay), "the relay that the policy names")


def _registry_of(brand: BrandRow, policy: Policy, left_out: list[str]) -> Iterator[Destination]:
    """Find the registry that a brand looks tax numbers up with, where its policy names it."""
    name = str(brand.words.get("tax", {}).get("registry", ""))
    if name not in registry.names("hostkeep.tax_numbers"):
        return
    manifest = registry.load("hostkeep.tax_numbers", name).manifest
    if manifest.recipient not in policy.recipients:
        left_out.append(f"{name}: the policy of {policy.brand} names no recipient {manifest.recipient}")
        return
    for place in manifest.hosts:
        yield Destination(name, *_split(place), "whether a tax number is registered")


def _einvoices_of(brand: BrandRow, policy: Policy, left_out: list[str]) -> Iterator[Destination]:
    """Find the national system that a brand hands its documents in to, where its policy names it."""
    said = read_einvoices(brand.words)
    if said is None or said.system not in registry.names("hostkeep.einvoices"):
        return
    driver = registry.load("hostkeep.einvoices", said.system)
    if driver.manifest.recipient not in policy.recipients:
        left_out.append(
            f"{said.system}: the policy of {policy.brand} names no recipient {driver.manifest.recipient}"
        )
        return
    for place in driver.hosts(said.options):
        yield Destination(said.system, *_split(place), "documents that the law wants registered")


def _why_not(policy: Policy, gateway: str, recipient: str) -> str:
    """Say why a policy does not let a gateway be used, or nothing."""
    if gateway not in policy.gateways:
        return f"the policy of {policy.brand} names no such gateway"
    if recipient and recipient not in policy.recipients:
        return f"the policy of {policy.brand} names no recipient {recipient}"
    return ""


def _mail_hosts() -> Iterator[Destination]:
    """Find where mail goes: the demo's own mail hosts, or whatever hosts the receivers have."""
    env = settings.HOSTKEEP
    if env.demo:
        route = env.data / ROUTE_FILE
        lines = route.read_text("utf-8").splitlines() if route.exists() else []
        for target in dict.fromkeys(words[1] for words in map(str.split, lines) if len(words) > 1):
            yield Destination("smtp", *_split(target), "a mail host of the demo")
    elif not env.mail_route:
        yield Destination("smtp", ANY, SMTP, "mail goes to each receivers own host")


def _database() -> Iterator[Destination]:
    """Find the database, where it is reached over the network."""
    told = settings.HOSTKEEP.database
    host = str(told.get("HOST") or "")
    if host and not host.startswith("/"):
        yield Destination("database", host, int(str(told.get("PORT") or POSTGRES)), "our own database")


def _paths() -> frozenset[str]:
    """Find the sockets of this machine that we use."""
    env = settings.HOSTKEEP
    host = str(env.database.get("HOST") or "")
    found = {host} if host.startswith("/") else set()
    return frozenset(found | {path for path in (env.lxd_socket, *LXD_SOCKETS) if path})


def _programs() -> frozenset[str]:
    """Find the programs that installed drivers may run."""
    groups = ("hostkeep.gateways", "hostkeep.provisioners", "hostkeep.mailers")
    drivers = [registry.load(group, name) for group in groups for name in registry.names(group)]
    return frozenset(program for driver in drivers for program in driver.manifest.sockets)


def _split(place: str) -> tuple[str, int]:
    """Split "host:port", or "host" alone, which means HTTPS."""
    host, colon, port = place.rpartition(":")
    if not colon or not port.isdigit():
        return place.strip("[]"), HTTPS
    return host.strip("[]"), int(port)


def note(seen: Seen) -> None:
    """Count what went out or was refused; what was refused raises an alarm.  Never raises."""
    name = f"{seen.driver} {seen.host}"[:LONGEST_NAME]
    _count(f"egress.{seen.kind}", name)
    if seen.kind == "refused":
        _shout(seen.host)


def report(sighting: Sighting) -> None:
    """Count what the tripwire saw, and raise an alarm.  Runs in a thread of its own, never raises."""
    try:
        _count("egress.sighted", f"{sighting.what} {sighting.where}"[:LONGEST_NAME])
        _shout(sighting.where)
    finally:
        connections.close_all()


def _count(kind: str, name: str) -> None:
    """Add one to the day's count."""
    try:
        tally(brand=OPERATOR, kind=kind, name=name, at=clock.now())
    except DatabaseError as error:
        log.warning("egress.uncounted", kind=kind, code=type(error).__name__)


def _shout(where: str) -> None:
    """Raise one alarm a day and place at every brand: what leaves unseen breaks the promise of each.

    A place counts as told once every brand's alarm is entered: after a failure the next attempt rings.
    """
    try:
        at = clock.now()
        if where in _shouted and at - _shouted[where] < QUIET:
            return
        _shouted[where] = min((_shout_at(brand.id, where, at) for brand in all_brands()), default=at)
    except DatabaseError as error:
        log.warning("egress.unentered", code=type(error).__name__)


def _shout_at(brand: BrandId, where: str, at: datetime) -> datetime:
    """Raise the alarm at one brand, unless it stands; return since when it does.

    A brand without a policy in force yet has no clause to name, and hears of it all the same.
    """
    try:
        policy = policy_in_force(brand, at)
    except NoSuchBrand:
        clause, digest = ClauseId(""), ""
    else:
        clause, digest = policy.closed_by.get("disclose", ClauseId("")), policy.digest
    act = job_act("egress", brand=brand, trace="egress")
    about = Ref("runtime.host", uuid5(NAMESPACE_DNS, where))
    return ring_once(act, kind=UNDECLARED, about=about, clause=clause, digest=digest)
