"""Checks of payments, tried: a sound order, one held back, and a check that is made to ask for more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from hostkeep.billing.actions.issuing import issue_invoice
from hostkeep.billing.actions.paying import begin_payment, record_outcome
from hostkeep.billing.errors.checks import NotForPrograms
from hostkeep.billing.events import InvoicePaid
from hostkeep.billing.queries.qualifying import CheckRow, brought_by
from hostkeep.billing.rules.lines import Line
from hostkeep.billing.rules.party import BilledTo
from hostkeep.billing.rules.qualifying import PAYMENT, Rules, rules_of
from hostkeep.drivers.payments import Settled
from hostkeep.flows import activation, paying, qualifying, reviewing
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import CategoryId, InvoiceId, OrderId, PurposeId, Ref
from hostkeep.kernel.money import CURRENCIES, Money
from hostkeep.kernel.words import gettext_noop
from hostkeep.people.queries import account
from hostkeep.promises.control import Check, Scene, Seen, lacks, rehearsed, same_check, verdict
from hostkeep.promises.evidence.payment_checks import MONEY
from hostkeep.provisioning.actions.opening import Bought, open_service
from hostkeep.provisioning.queries import service
from hostkeep.provisioning.rules.lifecycle import State
from hostkeep.vault import door

BILLING, SERVICE = PurposeId("billing"), PurposeId("service")
WEEK = timedelta(days=7)
RULES = "rules of a payment check"


@dataclass(frozen=True, slots=True)
class Played:
    """What came of an order of the canary's that was paid.

    check  what was written down, or None
    state  of its service after the news of the payment came twice
    """

    check: CheckRow | None
    state: State


@same_check
def sound_order_is_built() -> Check:
    """Let the canary pay an order by a card that no rule speaks of: it passes, and is built."""

    def look(scene: Scene) -> Seen:
        rules, ways = _rules(scene), _ways(scene)
        if rules is None or not ways:
            return lacks(RULES)
        with rehearsed():
            played = _played(scene, ways[0], country="")
        check = played.check
        if check is None:
            return Seen("failed", "-")
        good = check.outcome == "passed" and played.state is not State.ORDERED and _is_noted(check)
        return verdict(good, f"{check.outcome}: {' '.join(check.categories)}; {played.state}")

    return Check(gettext_noop("A paid order is checked; one that is sound passes and is built"), look)


@same_check
def refused_order_waits() -> Check:
    """Let the canary pay from a refused country: nothing is built, no program refuses it for good."""

    def look(scene: Scene) -> Seen:
        rules, ways = _rules(scene), _ways(scene)
        if rules is None or not rules.refused_countries or not ways:
            return lacks(RULES)
        with rehearsed():
            played = _played(scene, ways[0], country=min(rules.refused_countries))
            check = played.check
            if check is None:
                return Seen("failed", "-")
            alone = _decides_alone(scene, check)
        good = check.waits and played.state is State.ORDERED and _is_noted(check) and not alone
        return verdict(good, f"{check.outcome}: {' '.join(check.categories)}; {played.state}")

    return Check(gettext_noop("An order that the check refuses is built, or refused by a program"), look)


@same_check
def check_is_denied(*categories: str) -> Check:
    """Make the check of a payment ask for each of some things that are not financial."""

    def look(scene: Scene) -> Seen:
        seen = [_asked_for(scene, category) for category in categories]
        past = next((each for each in seen if each.result == "failed"), seen[-1])
        return Seen(past.result, ", ".join(each.value for each in seen))

    return Check(gettext_noop("The check of a payment asks for what is not financial"), look)


def _asked_for(scene: Scene, category: str) -> Seen:
    """Have a check ask for one thing more than it may."""
    try:
        qualifying.read_inputs(
            scene.act, buyer=account(scene.canary.account), invoice=InvoiceId(uuid4()),
            categories=[PAYMENT, CategoryId(category)],
        )  # fmt: skip
    except door.Refused as refusal:
        return verdict(refusal.clause, f"{category}: {refusal.clause}")
    except Exception as error:  # noqa: BLE001  it came past the door, whatever happened then
        return Seen("failed", f"{category}: {type(error).__name__}")
    return Seen("failed", category)


def _played(scene: Scene, way: str, *, country: str) -> Played:
    """Have the canary order and pay, and let the news of it come twice.  To be undone by the caller.

    country  what the payment system says of the card
    """
    act, canary = scene.act, scene.canary
    under, owed = act.for_purpose(BILLING), _amount(scene)
    line = Line("An order that is tried", 1, owed, 0, Ref("promises.probe", uuid4()))
    to = BilledTo(canary.account, canary.subject)
    bill = issue_invoice(under, to=to, lines=[line], due_in=WEEK, once=uuid4().hex).id
    bought = Bought("A service that is tried", "probe", "manual", {})
    opened = open_service(
        act.for_purpose(SERVICE), account=canary.account, subject=canary.subject, bought=bought, invoice=bill,
        order_line=uuid4(), once=uuid4().hex,
    )  # fmt: skip
    begun = begin_payment(under, of=canary.account, invoice=bill, gateway=way)
    record_outcome(under, attempt=begun.attempt, outcome=Settled(f"probe-{begun.attempt}", begun.amount))
    slots = [qualifying.slot_of(each.payment) for each in brought_by(bill)]
    for slot in slots if country else []:
        door.put(under, subject=canary.subject, category=PAYMENT, value=country, slot=slot)
    check = qualifying.check_order(
        under, of=service(opened.id), order=OrderId(uuid4()), slots=slots if country else ()
    )
    for _ in range(2):
        activation.on_invoice_paid(under, InvoicePaid(bill, canary.account))
    return Played(check, service(opened.id).state)


def _decides_alone(scene: Scene, check: CheckRow) -> bool:
    """Say whether a program may say what becomes of an order that was held back."""

    def done(decide: Callable[..., None], act: Act) -> bool:
        try:
            decide(act, check=check.id)
        except NotForPrograms:
            return False
        return True

    acts = (scene.act, scene.act.in_role("owner"))
    return any(done(decide, act) for decide in (reviewing.refuse, reviewing.let_through) for act in acts)


def _is_noted(check: CheckRow) -> bool:
    """Say whether a check noted what it read, all of it financial."""
    return bool(check.categories) and set(check.categories) <= MONEY


def _rules(scene: Scene) -> Rules | None:
    """Return the brand's rules."""
    return rules_of(scene.brand.words)


def _ways(scene: Scene) -> tuple[str, ...]:
    """Return the ways to pay that take a made-up payment: all but the bank's, which is told by its file."""
    offered = paying.gateways_of(scene.act.for_purpose(BILLING))
    return tuple(name for name in offered if name != paying.BANK)


def _amount(scene: Scene) -> Money:
    """Return a small amount."""
    return Money(500, CURRENCIES[scene.brand.currencies[0]])
