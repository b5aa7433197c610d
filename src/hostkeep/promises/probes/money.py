"""Money: a payment made elsewhere, what its call-back leaves here, and what cannot be switched on."""

from __future__ import annotations

import io
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import cast
from uuid import uuid4

from hostkeep.billing.actions.issuing import issue_invoice
from hostkeep.billing.actions.paying import begin_payment
from hostkeep.billing.calls.gateways import gateway_for
from hostkeep.billing.errors.gateways import GatewayNotOffered, MethodsNotKept
from hostkeep.billing.queries.invoices import sheet
from hostkeep.billing.rules.lines import Line
from hostkeep.billing.rules.party import BilledTo
from hostkeep.drivers.payments import Specimen, Specimens
from hostkeep.flows import bank_files, noticing, paying
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import CategoryId, PurposeId, Ref
from hostkeep.kernel.money import CURRENCIES, Money
from hostkeep.kernel.words import gettext_noop
from hostkeep.promises.control import Check, Scene, Seen, lacks, rehearsed, same_check, verdict
from hostkeep.promises.evidence.tables import holding, readable
from hostkeep.vault import door

BILLING = PurposeId("billing")
TAKEN = 204
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Paid:
    """What came of a payment that was played through.

    status  how the call-back was answered
    paid    whether the invoice is
    found   tables that hold something of the payer afterwards
    tables  how many were looked through
    """

    gateway: str
    status: int
    paid: bool
    found: tuple[str, ...]
    tables: int


@same_check
def paid_elsewhere() -> Check:
    """Let the canary pay at the payment system: its signed call-back alone marks the invoice as paid."""

    def look(scene: Scene) -> Seen:
        played = scene.once("a payment", lambda: _played(scene))
        if played is None:
            return lacks("a payment system")
        return verdict(played.paid and played.status == TAKEN, f"{played.gateway}: {played.status}")

    return Check(gettext_noop("An invoice is paid at the payment system, and its message is enough"), look)


@same_check
def call_back_leaves_no_payer() -> Check:
    """Have a call-back say the payer's name, card and account, and search every table outside the vault."""

    def look(scene: Scene) -> Seen:
        played = scene.once("a payment", lambda: _played(scene))
        if played is None:
            return lacks("a payment system")
        said = f"{played.gateway}: {played.tables} tables {' '.join(played.found)}".strip()
        return verdict(played.paid and not played.found, said)

    return Check(gettext_noop("A message of the payment system says who paid, and with which card"), look)


@same_check
def refuses_bank_transfer() -> Check:
    """Try to pay by bank transfer, and to read a bank's file."""

    def look(scene: Scene) -> Seen:
        act = scene.act.for_purpose(BILLING)
        reads = partial(bank_files.import_bank_file, act.in_role("billing"), body=b"<Document/>")
        clauses = [_refusing(partial(paying.demand_offered, act, paying.BANK)), _refusing(reads)]
        return verdict(all(clauses), " ".join(clause or "-" for clause in clauses))

    return Check(gettext_noop("Somebody pays by bank transfer, and a bank's file is read"), look)


@same_check
def refuses_kept_card() -> Check:
    """Try to leave a card by each way to pay that is offered, and to put a card's number into the vault."""

    def look(scene: Scene) -> Seen:
        act = scene.act.for_purpose(BILLING)
        ways = paying.gateways_of(act)
        clauses = [_refusing(partial(paying.demand_storing, act, way)) for way in ways]
        with rehearsed():
            clauses.append(_refusing(partial(_put_card, scene)))
        return verdict(all(clauses), " ".join(clause or "-" for clause in clauses))

    return Check(gettext_noop("A card is left for later, and its number is put into the vault"), look)


def _put_card(scene: Scene) -> None:
    """Put a number that could be a card's into the vault."""
    door.put(scene.act, subject=scene.canary.subject, category=CategoryId("card"), value=_digits(16))


def _refusing(attempt: Callable[[], object]) -> str:
    """Return the clause by which an attempt is refused, or an empty text where it is not."""
    try:
        attempt()
    except (GatewayNotOffered, MethodsNotKept, door.NotDeclared) as refusal:
        return refusal.clause
    return ""


def _played(scene: Scene) -> Paid | None:
    """Play a payment of the canary's through, undo it, and say what it left; None where no way to pay can."""
    act = scene.act.for_purpose(BILLING)
    for name in paying.gateways_of(act):
        driver = gateway_for(name, act.brand)
        if hasattr(driver, "specimen"):
            with rehearsed():
                return _pay(scene, act, name, cast("Specimens", driver))
    return None


def _pay(scene: Scene, act: Act, gateway: str, driver: Specimens) -> Paid:
    """Owe something, let a call-back with a made-up payer in it come in at the door, and look around."""
    canary, amount = scene.canary, Money(500, CURRENCIES[scene.brand.currencies[0]])
    line = Line("A payment that is tried", 1, amount, 0, Ref("promises.probe", uuid4()))
    to = BilledTo(canary.account, canary.subject)
    issued = issue_invoice(act, to=to, lines=[line], due_in=WEEK, once=uuid4().hex)
    begun = begin_payment(act, of=canary.account, invoice=issued.id, gateway=gateway)
    words = _payer()
    message = driver.specimen(begun.once, begun.amount, words, time.time())
    answer = scene.stranger.request(
        "POST", scene.brand.host, f"/callbacks/{gateway}/", environ=_environ(message)
    )  # fmt: skip
    event = gateway_for(gateway, act.brand).read_notice(message.headers, message.body, message.at).event
    noticing.follow_one(act, gateway=gateway, event=event)
    paid = sheet(issued.id, of=canary.account).is_paid
    return Paid(gateway, answer.status, paid, holding(words), len(readable()))


def _environ(message: Specimen) -> Mapping[str, str]:
    """Return what a server hands over of a call-back.  Source: PEP 3333."""
    named = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in message.headers.items()}
    body: dict[str, object] = {
        "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(message.body)),
        "wsgi.input": io.BytesIO(message.body),
    }  # fmt: skip
    return cast("Mapping[str, str]", {**named, **body})


def _payer() -> list[str]:
    """Make up a payer: name, address, card, account."""
    name, address = f"Payer {secrets.token_hex(8)}", f"{secrets.token_hex(8)}@payer.invalid"
    return [name, address, _digits(16), f"XX{_digits(20)}"]


def _digits(count: int) -> str:
    """Return so many random digits."""
    return "".join(str(secrets.randbelow(10)) for _ in range(count))
