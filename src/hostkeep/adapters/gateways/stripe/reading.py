"""What Stripe's objects mean: of each only what the protocol asks for is read, the rest is never looked at.

Sources: docs.stripe.com/api, Checkout Session, PaymentIntent, Refund, Dispute, PaymentMethod.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from typing import Literal
from urllib.parse import urlsplit

from hostkeep.adapters.gateways.stripe.client import BadAnswer, Object, id_of, inner, text
from hostkeep.drivers.payments import Declined, Disputed, Keeping, Kept, Outcome, Settled, Waiting
from hostkeep.kernel.money import CURRENCIES, Money, money

MOST_MINOR = 10**15
COUNTRY = re.compile("[A-Z]{2}")
LONGEST_URL = 2_000
LAST_DIGITS = 4
STEP = "step_wanted"
NO_WORD = "refused"


def amount_of(said: Object, name: str) -> Money:
    """Read an amount above nothing.

    Stripe counts in the currency's smallest unit, which for the dong is the dong itself, as we do.
    Source: docs.stripe.com/currencies, zero-decimal currencies.  Raises BadAnswer.
    """
    minor, currency = said.get(name), str(said.get("currency")).upper()
    if type(minor) is not int or not 0 < minor <= MOST_MINOR or currency not in CURRENCIES:
        raise BadAnswer(name)
    return money(minor, currency)


def visit_of(session: Object) -> str:
    """Read the address of Stripe's page.  Raises BadAnswer."""
    url = text(session, "url", longest=LONGEST_URL)
    if urlsplit(url).scheme not in {"http", "https"}:
        raise BadAnswer("url")
    return url


def session_says(session: Object) -> Outcome:
    """Read how a Checkout Session that asks for money stands.  Raises BadAnswer."""
    handle, status = text(session, "id"), session.get("status")
    if session.get("payment_status") == "paid":
        return Settled(proof=id_of(session, "payment_intent"), amount=amount_of(session, "amount_total"))
    if status == "open":
        return Waiting(visit_of(session), handle)
    if status == "expired":
        return Declined("expired")
    if status != "complete":
        raise BadAnswer("status")
    failed = inner(session, "payment_intent").get("status") in {"requires_payment_method", "canceled"}
    return Declined(NO_WORD) if failed else Waiting(None, handle)


def intent_says(intent: Object) -> Outcome:
    """Read how a payment stands that was asked of a stored method.  Raises BadAnswer."""
    status = intent.get("status")
    if status == "succeeded":
        received = "amount_received" if "amount_received" in intent else "amount"
        return Settled(proof=text(intent, "id"), amount=amount_of(intent, received))
    if status in {"processing", "requires_capture"}:
        return Waiting(None, text(intent, "id"))
    if status not in {"requires_action", "requires_confirmation", "requires_payment_method", "canceled"}:
        raise BadAnswer("status")
    return Declined(STEP if wants_step(intent) else NO_WORD)


def country_says(intent: Object) -> str:
    """Read where the card of a payment was issued; an empty text where that is not said.

    The payment's newest charge must be expanded.  Source: docs.stripe.com/api/charges/object,
    payment_method_details.card.country: ISO 3166-1 alpha-2.
    """
    card = inner(inner(inner(intent, "latest_charge"), "payment_method_details"), "card")
    said = card.get("country")
    return said if isinstance(said, str) and COUNTRY.fullmatch(said) else ""


def wants_step(intent: Object) -> bool:
    """Say whether the bank wants to see the payer before it pays."""
    code = inner(intent, "last_payment_error").get("code")
    return intent.get("status") == "requires_action" or code == "authentication_required"


def refund_says(refund: Object) -> Outcome:
    """Read how a refund stands.  Raises BadAnswer."""
    status = refund.get("status")
    if status == "succeeded":
        return Settled(proof=text(refund, "id"), amount=amount_of(refund, "amount"))
    if status in {"pending", "requires_action"}:
        return Waiting(None, text(refund, "id"))
    if status in {"failed", "canceled"}:
        return Declined(NO_WORD)
    raise BadAnswer("status")


def setup_says(session: Object) -> Keeping:
    """Read how a Checkout Session stands that asks for a method to be kept.  Raises BadAnswer.

    The token is "customer/method": Stripe charges a stored method under the customer it belongs to.
    """
    status = session.get("status")
    if status == "open":
        return Waiting(visit_of(session), text(session, "id"))
    if status == "expired":
        return Declined("expired")
    if status != "complete":
        raise BadAnswer("status")
    setup = inner(session, "setup_intent")
    if setup.get("status") == "processing":
        return Waiting(None, text(session, "id"))
    if setup.get("status") != "succeeded":
        return Declined(NO_WORD)
    method = inner(setup, "payment_method")
    token = f"{id_of(session, 'customer')}/{text(method, 'id')}"
    return Kept(token, _label(method), _last_day(inner(method, "card")))


def dispute_says(dispute: Object) -> Disputed | None:
    """Read a dispute; None for an inquiry, of which no money moves.  Raises BadAnswer."""
    state = _dispute_state(str(dispute.get("status")))
    if state is None:
        return None
    amount = amount_of(dispute, "amount")
    fee = _fee(dispute, amount.currency.code)
    return Disputed(text(dispute, "id"), id_of(dispute, "payment_intent"), amount, fee, state)


def _dispute_state(status: str) -> Literal["open", "won", "lost"] | None:
    """Say where a dispute stands."""
    if status in {"needs_response", "under_review"}:
        return "open"
    if status == "won":
        return "won"
    return "lost" if status == "lost" else None


def _fee(dispute: Object, currency: str) -> int:
    """Add up what Stripe keeps for a dispute, where it says so in the dispute's own currency."""
    moves = dispute.get("balance_transactions")
    fees = [
        move.get("fee") for move in (moves if isinstance(moves, list) else [])
        if isinstance(move, dict) and str(move.get("currency")).upper() == currency
    ]  # fmt: skip
    return max(0, sum(fee for fee in fees if type(fee) is int and abs(fee) <= MOST_MINOR))


def _label(method: Object) -> str:
    """Say what a method's owner knows it by."""
    card = inner(method, "card")
    brand, last = str(card.get("brand") or ""), str(card.get("last4") or "")
    if not (last.isdigit() and len(last) == LAST_DIGITS and brand.replace("_", "").isalnum()):
        raise BadAnswer("card")
    return f"{brand.replace('_', ' ').title()[:24]} {last}"


def _last_day(card: Object) -> date | None:
    """Return the last day of a card's month, or None."""
    year, month = card.get("exp_year"), card.get("exp_month")
    try:
        return date(int(str(year)), int(str(month)), monthrange(int(str(year)), int(str(month)))[1])
    except ValueError:
        return None
