"""Asking a driver, outside any transaction, and looking up what an earlier ask came to."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import structlog

from hostkeep.drivers.machines import Ask, Changing, Outcome, Provisioner, Unknown, Waiting
from hostkeep.drivers.packages import demand
from hostkeep.provisioning.rules.work import FOR_STAFF, Claimed, Verb, already_so
from hostkeep.runtime.transactions import assert_outside

log = structlog.get_logger()


def ask_driver(driver: Provisioner, work: Claimed) -> Outcome:
    """Ask a driver for a piece of work and return what it answered.

    Work that was asked before, and whose answer never came, is looked up first and asked again, with the same
    key, only if it is not so.  A driver that raises has said nothing: that is Unknown, and a log line.
    """
    assert_outside()
    demand(driver.manifest, None)
    if work.before and work.verb is not Verb.RENEW:
        told = _told(driver.look_up, work)
        if isinstance(told, Unknown | Waiting):
            return told
        settled = already_so(work, told)
        if settled is not None:
            return settled
    return _told(_deeds(driver)[work.verb], work)


def _deeds(driver: Provisioner) -> Mapping[Verb, Callable[[Ask], Outcome]]:
    return {
        Verb.CREATE: driver.create,
        Verb.RENEW: driver.create,
        Verb.SUSPEND: driver.suspend,
        Verb.RESUME: driver.resume,
        Verb.TERMINATE: driver.terminate,
        Verb.CHANGE: driver.change if isinstance(driver, Changing) else _by_hand,
    }


def _by_hand(ask: Ask) -> Outcome:
    """Leave to staff what a driver cannot do."""
    del ask
    return Waiting(FOR_STAFF)


def _told(deed: Callable[[Ask], Outcome], work: Claimed) -> Outcome:
    try:
        return deed(work.ask)
    except Exception as error:  # noqa: BLE001  a driver is foreign code: its faults must not stop the house
        log.warning("driver.raised", driver=work.driver, verb=work.verb, code=type(error).__name__)
        return Unknown()
