"""Joining the rooms at start."""

from __future__ import annotations

import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from django.conf import settings

from hostkeep.audit import checkpoints, months, verifying
from hostkeep.billing.calls import einvoices, gateways, numbers
from hostkeep.brands.queries import brand as brand_row
from hostkeep.brands.rules.einvoices import read_einvoices
from hostkeep.drivers.einvoices import ElectronicInvoices
from hostkeep.drivers.machines import Provisioner
from hostkeep.drivers.mail import Mailer
from hostkeep.drivers.payments import PaymentGateway
from hostkeep.drivers.tax_numbers import TaxNumbers
from hostkeep.flows import (
    disputing,
    dunning,
    handlers,
    key_rounds,
    needing,
    noticing,
    operator_mail,
    paying,
    paying_out,
    reconciling,
    renewing,
    scanning,
    sweeping,
)
from hostkeep.kernel.ids import BrandId
from hostkeep.messaging.calls import handing
from hostkeep.people import api_calls, resealing
from hostkeep.people.queries import numbers_of_subjects
from hostkeep.project import foreign_columns, outgoing
from hostkeep.project.outgoing import LXD_SOCKETS, ROUTE_FILE
from hostkeep.promises import alarm_mail, alarm_watch, lateness, rounds, stranger, stuck_erasures
from hostkeep.promises.events import AlarmClosed, AlarmOpened
from hostkeep.provisioning.calls import drivers
from hostkeep.reports import observing
from hostkeep.runtime import addresses, columns, destinations, egress, jobs, outbox, registry, tripwire
from hostkeep.runtime.adapter_needs import MAIL_RELAY
from hostkeep.vault import disclosing, erasing, rolling, search


def join() -> None:
    """Hand over listeners, due work and the mailer."""
    columns.declare_foreign(foreign_columns.FOREIGN)
    outbox.carry_with(jobs.carried)
    outbox.listen(handlers.HANDLERS)
    for name, work in handlers.DUE.items():
        jobs.schedule(name, work)
    if settings.HOSTKEEP.demo:
        outbox.listen(handlers.DEMO_HANDLERS)
        for name, work in handlers.DEMO_DUE.items():
            jobs.schedule(name, work)
    handing.carry_with(_mailer)
    handing.relayed_by(_relay)
    disclosing.approved_by("service", needing.needed)
    destinations.known_by(outgoing.declared)
    egress.watched_by(outgoing.note)
    tripwire.reported_to(outgoing.report)
    _hand_out_drivers()
    for place, reseal in resealing.PLACES.items():
        rolling.place(place, reseal)
    search.numbers_by(numbers_of_subjects)
    jobs.schedule("erasures", erasing.work_off)
    jobs.schedule("escrow", rolling.end_escrow)
    _turn_keys()
    jobs.schedule("payments", paying.look_up_open)
    jobs.errand(noticing.ERRAND, noticing.work_off)
    jobs.schedule("api_calls", api_calls.forget_old)
    jobs.watch("promises", rounds.send_due)
    jobs.watch("alarms", alarm_watch.take_raised)
    jobs.watch("lateness", lateness.tell_late)
    jobs.watch("stuck_erasures", stuck_erasures.tell_stuck)
    jobs.watch("alarm_letters", alarm_mail.tell_all)
    _watch_the_book()
    outbox.listen({
        AlarmOpened: (alarm_mail.on_alarm_opened,),
        AlarmClosed: (alarm_mail.on_alarm_closed,),
    })
    operator_mail.write_with({**alarm_mail.WRITTEN, **disputing.WRITTEN})
    jobs.errand(rounds.ERRAND, rounds.run_for, looks=True)
    sweeping.join()
    jobs.errand(sweeping.ERRAND, sweeping.run)
    jobs.errand(reconciling.ERRAND, reconciling.run)
    jobs.errand(paying_out.ERRAND, paying_out.run)
    _foresee()
    jobs.watch("scan", scanning.send_due)
    jobs.errand(scanning.ERRAND, scanning.run_for, looks=True)
    stranger.carry_with(_stranger)


def _hand_out_drivers() -> None:
    """Say how drivers are made ready."""
    drivers.carry_with(_provisioner)
    gateways.carry_with(_gateway, outgoing.account_of, outgoing.named, outgoing.lacking)
    numbers.carry_with(_tax_numbers)
    einvoices.carry_with(_einvoices)


def _turn_keys() -> None:
    """Hand over the rounds of the keys; only a house with its own server is drilled."""
    jobs.watch("keys", key_rounds.send_due)
    jobs.errand(key_rounds.ROLL, key_rounds.roll)
    jobs.errand(key_rounds.DRILL, key_rounds.drill, looks=True)
    if settings.HOSTKEEP.embedded:
        key_rounds.drill_with(_drill)


def _watch_the_book() -> None:
    """Hand over what looks at the house itself: the audit's own jobs, and what the business comes to."""
    jobs.schedule("audit_months", months.make_months)
    jobs.schedule("recurring", observing.look_due)
    jobs.watch("audit_tree", checkpoints.seal)
    jobs.watch("audit_verify", verifying.verify_nightly)


def _foresee() -> None:
    """Hand over who can tell whether something falls due by a time to come; the sweeper asks every store."""
    jobs.foresee("renewals", renewing.falls_due)
    jobs.foresee("dunning", dunning.falls_due)
    jobs.foresee("sweeping", sweeping.falls_due)


def _drill() -> bool:
    """Run `hostkeep drill restore` in a process of its own; say whether all was good."""
    argv = [sys.executable, "-m", "hostkeep.project.main", "drill", "restore"]
    return subprocess.run(argv, check=False, capture_output=True).returncode == 0  # noqa: S603  our own program


def _stranger(trace: str) -> stranger.Stranger:
    """Return somebody who meets our pages as a visitor does: through the whole application, guard and all."""
    from hostkeep.project.wsgi import application

    return stranger.WsgiStranger(application, trace)


def _mailer(brand: BrandId) -> Mailer:
    """Return the driver that hands a brand's mail over; in the demo all of it goes to our own sink."""
    del brand
    env = settings.HOSTKEEP
    said = {"starttls": "required", "helo": "hostkeep.invalid", "timeout": "20"}
    if env.demo:
        said["route_file"] = str(env.data / ROUTE_FILE)
        said["ca"] = str(env.data / "mail" / "tls" / "certificate.pem")
    elif env.mail_route:
        said["route"] = f"* {env.mail_route}"
    driver = registry.load("hostkeep.mailers", "smtp")
    return cast("Mailer", driver.configured(said))


def _relay(brand: BrandId) -> str:
    """Return the recipient who carries a brand's mail, where the operator set a relay up."""
    del brand
    return MAIL_RELAY if settings.HOSTKEEP.mail_route and not settings.HOSTKEEP.demo else ""


def _gateway(name: str, brand: BrandId) -> PaymentGateway | None:
    """Return a gateway that is set up here for a brand, or None: then the brand does not offer it."""
    known = outgoing.gateway_settings(brand)
    if name not in known:
        return None
    driver = registry.load("hostkeep.gateways", name)
    wire = egress.wire_for(driver.manifest, driver.hosts(known[name]))
    return cast("PaymentGateway", driver.configured(wire, known[name]))


def _tax_numbers(name: str) -> TaxNumbers | None:
    """Return a registry of tax numbers that is installed here, or None."""
    if name not in registry.names("hostkeep.tax_numbers"):
        return None
    driver = registry.load("hostkeep.tax_numbers", name)
    return cast("TaxNumbers", driver.configured(egress.wire_for(driver.manifest, ()), {}))


def _einvoices(brand: BrandId) -> ElectronicInvoices | None:
    """Return the system that a brand hands its documents in to, set up, or None."""
    said = read_einvoices(brand_row(brand).words)
    if said is None or said.system not in registry.names("hostkeep.einvoices"):
        return None
    options = {**said.options, **settings.HOSTKEEP.einvoices.get(brand, {})}
    driver = registry.load("hostkeep.einvoices", said.system)
    wire = egress.wire_for(driver.manifest, driver.hosts(options))
    return cast("ElectronicInvoices", driver.configured(wire, options))


def _provisioner(name: str) -> Provisioner | None:
    """Return a driver that is set up on this machine, or None: then staff do the work by hand."""
    found = _provisioner_settings(name)
    if found is None:
        return None
    driver = registry.load("hostkeep.provisioners", name)
    config: Any = driver.config_type(**found)
    return cast("Provisioner", driver(config, egress.wire_for(driver.manifest, ())))


def _provisioner_settings(name: str) -> dict[str, Any] | None:
    """Return what a driver is told, or None where it has nothing to work with."""
    env = settings.HOSTKEEP
    if name == "manual":
        return {}
    if name == "wireguard":
        return {"folder": str(env.data / "wireguard"), "endpoint": addresses.operator_host()}
    if name == "lxd":
        wanted = (env.lxd_socket,) if env.lxd_socket else LXD_SOCKETS
        socket = next((path for path in wanted if Path(path).exists()), None)
        if socket is None or (env.demo and not _lxd_stands(socket, env.lxd_image)):
            return None
        return {"socket": socket, "image": env.lxd_image}
    return None


@lru_cache(maxsize=4)
def _lxd_stands(socket: str, image: str) -> bool:
    """Say whether the daemon has our image; in the demo a walk must not end in a queue for lack of one."""
    driver = registry.load("hostkeep.provisioners", "lxd")
    config: Any = driver.config_type(socket=socket, image=image, seconds=5.0)
    return bool(driver(config, egress.wire_for(driver.manifest, ())).stands())
