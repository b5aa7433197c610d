"""Call-backs of gateways: taken at once, worked off by a worker.

The row in which a call-back is kept is the queue.  Taking one is a single statement and an answer; a job is
sent to wake a worker, and the minute's due work finds whatever was missed.  What follows is keyed by what a
call-back speaks of, so that duplicates and any order change nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import structlog
from django.db import transaction

from hostkeep.audit.alarms import raise_with_deed
from hostkeep.billing import inbox
from hostkeep.billing.actions.disputing import record_dispute
from hostkeep.billing.actions.paying import record_notice
from hostkeep.billing.actions.receiving import WENT_BACK
from hostkeep.billing.calls.gateways import gateway_for, is_one_account
from hostkeep.billing.errors.payments import NoticeRefused, WrongBrand
from hostkeep.billing.inbox import Waits
from hostkeep.billing.queries.payments import brand_of_proof
from hostkeep.drivers.payments import BadNotice, NothingAsked, Notice
from hostkeep.flows import refunding, storing
from hostkeep.kernel.act import Act
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import ClauseId, PurposeId, Ref
from hostkeep.runtime import jobs
from hostkeep.runtime.together import ask, committed

log = structlog.get_logger()

ERRAND = "notices"
ABOUT = "all"
AT_ONCE = 100
BILLING = PurposeId("billing")
BY_PAYMENT = frozenset({"dispute", "returned"})
"""What a gateway tells every endpoint of its account, without saying whose it is."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A call-back as it came in.

    at  Unix seconds by the machine's own clock: a stranger's signature knows nothing of the demo's
    """

    headers: Mapping[str, str]
    body: bytes
    at: float


def take_notice(act: Act, *, gateway: str, heard: Heard) -> inbox.Fate:
    """Take a call-back: check its signature first, then keep what it means; a worker does what follows.

    One that speaks of a thing of another brand whose gateway account is the same is answered and dropped, as
    is one about nothing that we asked for.
    Raises GatewayNotOffered (the driver is not installed), NoticeRefused, WrongBrand.
    """
    driver = gateway_for(gateway, act.brand)
    try:
        notice: Notice = driver.read_notice(heard.headers, heard.body, heard.at)
    except BadNotice:
        log.warning("notice.refused", gateway=gateway, trace=act.trace)
        raise NoticeRefused(gateway=gateway) from None
    except NothingAsked:
        return "elsewhere"
    if notice.shop and notice.shop != act.brand:
        return "elsewhere"
    fate: inbox.Fate
    # In one way to the server, but a job that waits is looked for after the row is there for it to find.
    with transaction.atomic():
        taken = committed(inbox.taking(act, gateway=gateway, notice=notice))
        [[fate], [is_sent]] = ask(taken, jobs.sent_question(ERRAND, ABOUT))
    if fate == "elsewhere" and not notice.shop and notice.about not in BY_PAYMENT:
        raise WrongBrand(gateway=gateway)
    if fate == "new" and not is_sent:
        jobs.send(ERRAND, ABOUT)
    return fate


def work_off(act: Act, about: str = ABOUT) -> int:
    """Do what follows from call-backs that wait, of all brands; return how many were done.

    One that goes wrong does not stop the next; it is tried again, each time later, and after some tries waits
    for a person.
    """
    del about
    done = 0
    while waits := inbox.waiting(act.at, AT_ONCE):
        went = sum(_work(act, each) for each in waits)
        done += went
        if not went:
            break
    return done


def follow_one(act: Act, *, gateway: str, event: str) -> bool:
    """Do what follows from one call-back that waits, by the gateway's own id; say whether there was one.

    Raises whatever goes wrong.
    """
    waits = inbox.waiting_one(gateway=gateway, event=event)
    if waits is None:
        return False
    _follow(act.of_brand(waits.brand).in_role("system").for_purpose(BILLING), waits)
    return True


def _work(act: Act, waits: Waits) -> bool:
    """Do what follows from one; say whether it is done."""
    try:
        _follow(act.of_brand(waits.brand).in_role("system").for_purpose(BILLING), waits)
    except Exception as error:  # noqa: BLE001  a poisoned call-back must not stop the others
        code = error.code if isinstance(error, Foreseen) else type(error).__name__
        parked = inbox.put_back(waits)
        log.warning("notice.failed", gateway=waits.gateway, code=code, parked=parked, trace=act.trace)
        return False
    return True


def _follow(act: Act, waits: Waits) -> None:
    """Do what follows from a call-back, by what it speaks of."""
    FOLLOWS[waits.notice.about](act, waits)


def _of_charge(act: Act, waits: Waits) -> None:
    """Bring a payment up to what the gateway says."""
    record_notice(act, gateway=waits.gateway, notice=waits.notice)


def _of_method(act: Act, waits: Waits) -> None:
    """Ask what was left with the gateway."""
    storing.on_told(act, gateway=waits.gateway, once=waits.notice.once)
    inbox.settle(waits)


def _of_refund(act: Act, waits: Waits) -> None:
    """Ask what became of a refund."""
    if not refunding.on_told(act, gateway=waits.gateway, once=waits.notice.once):
        log.warning("notice.refund_unknown", gateway=waits.gateway, trace=act.trace)
    inbox.settle(waits)


def _of_dispute(act: Act, waits: Waits) -> None:
    """Write a dispute down, or how it ended, for whom its payment is.

    Where it came before its payment, and the gateway's account is one of several brands, it may lie under
    another of them: whose it is shows when the payment is there.  The word of another account about it is not
    believed: a person looks.
    """
    said = waits.notice.disputed
    if said is not None:
        owner = brand_of_proof(waits.gateway, said.of) or act.brand
        if not is_one_account(waits.gateway, owner, act.brand):
            inbox.park(waits)
            log.warning("notice.other_account", gateway=waits.gateway, trace=act.trace)
            return
        record_dispute(act.of_brand(owner), gateway=waits.gateway, said=said)
    inbox.settle(waits)


def _of_returned(act: Act, waits: Waits) -> None:
    """Have a person look at money that went back without us: the books still say that it is there.

    It is booked by them, as a refund that is confirmed or not, for whose credit it is of is theirs to say.
    """
    owner = brand_of_proof(waits.gateway, waits.notice.of)
    if owner is None or not is_one_account(waits.gateway, owner, act.brand):
        inbox.settle(waits)  # of another shop on the same account of the gateway, or of no account of ours
        return
    with transaction.atomic():
        is_first = inbox.park(waits)
        if is_first:
            about = Ref("billing.notice", waits.id)
            raise_with_deed(act.of_brand(owner), kind=WENT_BACK, about=about, clause=ClauseId(""))
    if is_first:
        log.warning("notice.money_returned", gateway=waits.gateway, trace=act.trace)


FOLLOWS: Mapping[str, Callable[[Act, Waits], None]] = MappingProxyType({
    "charge": _of_charge,
    "refund": _of_refund,
    "method": _of_method,
    "dispute": _of_dispute,
    "returned": _of_returned,
})
