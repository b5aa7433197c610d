"""Ways to pay that a gateway keeps: left on its page, charged later, ended, let go of.

A policy without the category for cards, or one that keeps financial details out, has none; that is asked each
time, not only when a method is left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from uuid import UUID

import structlog

from hostkeep.audit.rounds import go_through
from hostkeep.billing.actions.storing import (
    begin_keeping,
    end_method,
    note_forgotten,
    prefer_method,
    record_kept,
)
from hostkeep.billing.calls import storing as calls
from hostkeep.billing.calls.gateways import gateway_for
from hostkeep.billing.errors.gateways import NoSuchMethod
from hostkeep.billing.method_boxing import Held
from hostkeep.billing.queries import methods
from hostkeep.billing.queries.methods import OpenMethod
from hostkeep.brands.queries import brand
from hostkeep.drivers.payments import Declined, KeepAsk, Keeping, Kept
from hostkeep.flows.needing import package_for
from hostkeep.flows.paying import demand_storing
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId
from hostkeep.people.events import AccountClosing
from hostkeep.people.queries import subject_of

log = structlog.get_logger()

PATIENCE = timedelta(minutes=2)
"""How long a call-back may take before we ask ourselves."""


@dataclass(frozen=True, slots=True)
class Links:
    """Where a gateway sends people and messages: as paying.Links, for a method's id."""

    back: Callable[[UUID], str]
    tell: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking to keep a method."""

    method: UUID
    keeping: Keeping


def keep_method(act: Act, *, of: AccountId, gateway: str, links: Links) -> Asked:
    """Ask a gateway to keep a method of an account.

    Waiting with a visit: its owner leaves it there.  A second click leads to the same page.
    Raises GatewayNotOffered, MethodsNotKept (with the clause), GatewayCannot, TooManyMethods, NotDisclosed.
    """
    demand_storing(act, gateway)
    begun = begin_keeping(act, of=of, subject=subject_of(of), gateway=gateway)
    driver = gateway_for(gateway, act.brand)
    ticket = f"method:{begun.id}"
    package = package_for(
        act, driver.manifest, of=of, purpose=act.purpose, ticket=ticket, once=begun.once
    )  # fmt: skip
    ask = KeepAsk(
        brand(act.brand).currencies[0], once=begun.once, back=links.back(begun.id), tell=links.tell(gateway),
        shop=act.brand, package=package,
    )  # fmt: skip
    keeping = calls.keep(driver, ask, package=package)
    record_kept(act, method=begun.id, keeping=keeping)
    log.info("method.asked", method=str(begun.id), gateway=gateway, trace=act.trace)
    return Asked(begun.id, keeping)


def look_up_method(act: Act, *, of: AccountId, method: UUID) -> str:
    """Ask what was left, where that is not known yet; return how an account's method stands.

    Raises NoSuchMethod, for another account's too.
    """
    row = methods.method_of(act, method, of=of)
    return _look_up(act, row) if row.state == "waiting" else row.state


def on_told(act: Act, *, gateway: str, once: str) -> None:
    """Ask what was left, since the gateway says that something was."""
    row = methods.by_once(once, gateway=gateway)
    if row is not None and row.brand == act.brand and row.state == "waiting":
        _look_up(act, row)


def choose_method(act: Act, *, of: AccountId, method: UUID) -> None:
    """Let a method be the one that is charged.  Raises NoSuchMethod."""
    prefer_method(act, of=of, method=method)


def drop_method(act: Act, *, of: AccountId, method: UUID) -> bool:
    """End a method and let its gateway go of it; say whether that is done: if not, the sweep goes on asking.

    Raises NoSuchMethod, for another account's too.
    """
    end_method(act, of=of, method=method)
    return _forget(act, methods.method_of(act, method, of=of))


def on_account_closing(act: Act, event: AccountClosing) -> None:
    """End every method of an account that closes; the sweep lets the gateways go of them."""
    for row in methods.account_methods(event.account):
        end_method(act.of_brand(row.brand), of=event.account, method=row.id)


def sweep_due(act: Act) -> int:
    """Ask about methods whose call-back stays away, and let go of ended ones; return how many there were.

    One gateway that does not answer does not stop the next.
    """
    waiting = methods.waiting_methods(before=act.at - PATIENCE)
    ended = methods.methods_to_forget()
    for do, rows in ((_look_up, waiting), (_forget, ended)):
        go_through(act, rows, partial(_done, act, do), event="method.not_asked", about=lambda row: row.id)
    return len(waiting) + len(ended)


def _done(act: Act, do: Callable[[Act, OpenMethod], object], row: OpenMethod) -> None:
    """Do something about a method."""
    do(act.of_brand(row.brand), row)


def _look_up(act: Act, row: OpenMethod) -> str:
    """Ask what was left, and write it down; return how the method stands."""
    driver = gateway_for(row.gateway, row.brand)

    def ask(held: Held) -> Keeping:
        return calls.look_up_kept(driver, once=row.once, handle=held.token)

    return record_kept(act, method=row.id, keeping=methods.with_held(act, row.id, ask)).state


def _forget(act: Act, row: OpenMethod) -> bool:
    """Let the gateway go of an ended method, and empty what we knew; say whether that is done."""
    if row.state != "ended":
        raise NoSuchMethod
    driver = gateway_for(row.gateway, row.brand)

    def let_go(held: Held) -> bool:
        if held.label:
            return calls.forget(driver, token=held.token)
        if not held.token:
            return True
        # Ended while its owner was on the gateway's page: they may have left something there after all.
        told = calls.look_up_kept(driver, once=row.once, handle=held.token)
        if isinstance(told, Kept):
            return calls.forget(driver, token=told.token)
        return isinstance(told, Declined)

    gone = methods.with_held(act, row.id, let_go)
    if gone:
        note_forgotten(act, method=row.id)
    return gone
