"""Cards by Stripe: the payer types theirs on Stripe's own page (Checkout), never on ours.

Stripe is told an amount, our document's number, the brand's slug and a key; nothing of the person.  The key
hangs on everything as metadata, so that what became of it can be asked later.
Sources: docs.stripe.com/api; docs.stripe.com/payments/checkout; docs.stripe.com/payments/save-and-reuse.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, Self
from urllib.parse import quote, urlsplit

from hostkeep.adapters.gateways.stripe import notices
from hostkeep.adapters.gateways.stripe.client import (
    BadAnswer,
    Client,
    Object,
    Refused,
    inner,
    text,
    where_it_is,
)
from hostkeep.adapters.gateways.stripe.paying_out import payouts_told
from hostkeep.adapters.gateways.stripe.reading import (
    NO_WORD,
    STEP,
    country_says,
    intent_says,
    refund_says,
    session_says,
    setup_says,
    wants_step,
)
from hostkeep.drivers.manifest import Manifest
from hostkeep.drivers.payments import (
    Charge,
    Declined,
    KeepAsk,
    Keeping,
    Notice,
    Outcome,
    RefundAsk,
    Specimen,
    StoredCharge,
    Unknown,
    Waiting,
)
from hostkeep.drivers.payouts import PayoutsTold
from hostkeep.drivers.wire import LineBroke, Wire
from hostkeep.kernel.money import Money

BASE = "https://api.stripe.com"
SESSIONS, INTENTS, REFUNDS = "/v1/checkout/sessions", "/v1/payment_intents", "/v1/refunds"
NEVER = "never_asked"
MARK = "@"
MARK_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Config:
    """How the account is reached.

    key      its secret or restricted key; whether it is live stands in its second word
    secrets  signing secrets of the endpoint, several while one is being replaced
    base     scheme and host of the interface
    former   key of the account that was used before, or empty: nothing is begun there any more, but what was
             is looked up there, and its money goes back from there
    """

    key: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    base: str = BASE
    former: str = field(default="", repr=False)

    @property
    def live(self) -> bool:
        """Whether the key is one of the live mode: "sk_live_…", "rk_live_…"."""
        return self.key.split("_")[1:2] == ["live"]


class Stripe:
    """The gateway of one Stripe account."""

    manifest: ClassVar[Manifest] = Manifest(
        "stripe", 1, recipient="stripe", hosts=("{config.base}",), keeps=frozenset({"payment_ref"}),
        pages=("https://checkout.stripe.com",),
        can=frozenset({"refunds", "storing", "disputes", "locating", "closing", "payouts"}),
    )  # fmt: skip

    def __init__(self, wire: Wire, config: Config) -> None:
        self.config = config
        self.client = Client(wire, config.base, config.key)
        before = (Client(wire, config.base, config.former),) if config.former else ()
        self.clients = (self.client, *before)

    @classmethod
    def configured(cls, wire: Wire, settings: Mapping[str, str]) -> Self:
        """Return a gateway from plain texts: key, secrets (apart by spaces), base if it is another, former.

        Raises KeyError if key or secrets are missing.
        """
        base = (settings.get("base") or BASE).rstrip("/")
        secrets, former = tuple(settings["secrets"].split()), settings.get("former", "")
        return cls(wire, Config(settings["key"], secrets, base, former))

    @classmethod
    def hosts(cls, settings: Mapping[str, str]) -> tuple[str, ...]:
        """Return the hosts that its wire must reach, for these settings."""
        return (urlsplit(settings.get("base") or BASE).netloc,)

    def charge(self, ask: Charge) -> Outcome:
        """Open a Checkout Session; the payer goes there.  Two calls with one key open one."""
        fields = {**_session_fields(ask), **_price(ask), **_hung("payment_intent_data[metadata]", ask)}
        try:
            session, again = self.client.post(SESSIONS, fields, once=ask.once)
            handle = self._marked(text(session, "id"))
            return self.look_up(ask.once, handle) if again else self._bearing(session_says(session))
        except Refused:
            return Declined(NO_WORD)
        except (LineBroke, BadAnswer):
            return Unknown()

    def look_up(self, once: str, handle: str = "") -> Outcome:
        """Tell how a charge stands, by the id of its session.

        Without one, payments are searched for our key.  What was only just paid may not be found yet, but a
        session of which we never learned the address cannot be paid by anybody.
        A session that is not there under the very key that opened it was never one that could be paid.  Under
        another key the account, or its mode, may be another: then nothing is known.
        """
        name, _, mark = handle.partition(MARK)
        try:
            if name.startswith("pi_"):
                return intent_says(self._read(f"{INTENTS}/{quote(name, safe='')}"))
            if name:
                return self._bearing(session_says(self._session(name, "payment_intent")), mark)
            return self._searched(once)
        except Refused as refused:
            marks = {_mark(client) for client in self.clients}
            is_gone = refused.is_missing and name.startswith("cs_") and mark in marks
            return Declined(NEVER) if is_gone else Unknown()
        except (LineBroke, BadAnswer):
            return Unknown()

    def close(self, once: str, handle: str) -> Outcome:
        """Expire a session that is open, and tell how it stands then: one that was paid meanwhile stays so.

        Source: docs.stripe.com/api/checkout/sessions/expire: only an open session can be expired.
        """
        name = handle.partition(MARK)[0]
        if not name.startswith("cs_"):
            return self.look_up(once, handle)
        path = f"{SESSIONS}/{quote(name, safe='')}/expire"
        # Whatever is answered: how it stands then is asked in any case.
        with suppress(Refused, LineBroke, BadAnswer):
            where_it_is(self.clients, lambda client: client.post(path, {}, once=f"{once}-close"))
        return self.look_up(once, handle)

    def country_of(self, proof: str) -> str:
        """Tell where the card was issued that brought a payment; nothing where that is not known."""
        try:
            intent = self._read(f"{INTENTS}/{quote(proof, safe='')}", {"expand[]": "latest_charge"})
        except (Refused, LineBroke, BadAnswer):
            return ""
        return country_says(intent)

    def payouts(self, since: date) -> PayoutsTold:
        """Tell what was paid out to the bank since a day, and what is held.  Raises NotTold."""
        return payouts_told(self.client, since)

    def read_notice(self, headers: Mapping[str, str], body: bytes, at: float) -> Notice:
        """Check an event's signature and age, then read what we know of it.

        Raises BadNotice, NothingAsked.
        """
        return notices.read_notice(self.config.secrets, headers, body, at, live=self.config.live)

    def specimen(self, once: str, amount: Money, words: Sequence[str], at: float) -> Specimen:
        """Write a signed event that a charge was paid, with a made-up payer in it."""
        secret = self.config.secrets[0]
        return notices.specimen(secret, once, amount, words, live=self.config.live, at=at)

    def refund(self, ask: RefundAsk) -> Outcome:
        """Give money of a payment back.  Two calls with one key give it back once."""
        fields = {"payment_intent": ask.of, "amount": str(ask.amount.minor), **_hung("metadata", ask)}
        try:
            said, _ = where_it_is(self.clients, lambda client: client.post(REFUNDS, fields, once=ask.once))
            return refund_says(said)
        except Refused:
            return Declined(NO_WORD)
        except (LineBroke, BadAnswer):
            return Unknown()

    def look_up_refund(self, once: str, of: str) -> Outcome:
        """Tell what became of a refund, from the list of the payment's refunds, which is never behind."""
        try:
            found = self._listed(REFUNDS, {"payment_intent": of}, once)
            return refund_says(found) if found is not None else Declined(NEVER)
        except (Refused, LineBroke, BadAnswer):
            return Unknown()

    def keep(self, ask: KeepAsk) -> Keeping:
        """Open a Checkout Session that keeps a card for later; Stripe makes a customer for it, without us."""
        fields = {
            **_session_fields(ask), "mode": "setup", "currency": ask.currency.lower(),
            "customer_creation": "always", **_hung("setup_intent_data[metadata]", ask),
        }  # fmt: skip
        try:
            session, again = self.client.post(SESSIONS, fields, once=ask.once)
            return self.look_up_kept(ask.once, text(session, "id")) if again else setup_says(session)
        except Refused:
            return Declined(NO_WORD)
        except (LineBroke, BadAnswer):
            return Unknown()

    def look_up_kept(self, once: str, handle: str = "") -> Keeping:
        """Tell what became of it.  Without a handle nobody ever learned where to go: it was never asked."""
        del once
        if not handle:
            return Declined(NEVER)
        try:
            return setup_says(self._session(handle, "setup_intent.payment_method"))
        except (Refused, LineBroke, BadAnswer):
            return Unknown()

    def charge_stored(self, ask: StoredCharge) -> Outcome:
        """Charge a stored card while its owner is away.

        Where the bank wants to see them, the payment is called off and a session for the same money opened:
        only one of the two can ever take it.
        Source: docs.stripe.com/payments/save-and-reuse, "Charge the saved payment method later".
        """
        customer, _, method = ask.token.partition("/")
        fields = {
            "amount": str(ask.amount.minor), "currency": ask.amount.currency.code.lower(),
            "customer": customer, "payment_method": method, "off_session": "true", "confirm": "true",
            "metadata[memo]": ask.memo, **_hung("metadata", ask),
        }  # fmt: skip
        try:
            intent = self.client.post(INTENTS, fields, once=ask.once)[0]
        except Refused as refused:
            intent = refused.intent
            if refused.code != "authentication_required" or not intent:
                return Declined(NO_WORD)
        except (LineBroke, BadAnswer):
            return Unknown()
        return self._told(ask, intent)

    def look_up_stored(self, once: str, token: str) -> Outcome:
        """Tell what became of such a charge, from its customer's list of payments, which is never behind."""
        try:
            found = self._listed(INTENTS, {"customer": token.partition("/")[0]}, once)
            return intent_says(found) if found is not None else Declined(NEVER)
        except (Refused, LineBroke, BadAnswer):
            return Unknown()

    def forget(self, token: str) -> bool:
        """Delete the customer that Stripe made for a card, and with it the card."""
        try:
            path = f"/v1/customers/{quote(token.partition('/')[0], safe='')}"
            where_it_is(self.clients, lambda client: client.delete(path))
        except Refused as refused:
            return refused.is_missing
        except (LineBroke, BadAnswer):
            return False
        return True

    def _told(self, ask: StoredCharge, intent: Object) -> Outcome:
        """Read what came of charging a stored card; open a page where the bank wants to see its owner."""
        try:
            if not wants_step(intent):
                return intent_says(intent)
            handle = quote(text(intent, "id"), safe="")
            self.client.post(f"{INTENTS}/{handle}/cancel", {}, once=f"{ask.once}-off")
        except (Refused, LineBroke, BadAnswer):
            return Unknown()
        return self._stepped(ask)

    def _stepped(self, ask: StoredCharge) -> Outcome:
        """Open a session for money that a stored card could not bring alone."""
        fields = {**_session_fields(ask), **_price(ask), **_hung("payment_intent_data[metadata]", ask)}
        try:
            said = session_says(self.client.post(SESSIONS, fields, once=f"{ask.once}-step")[0])
        except (Refused, LineBroke, BadAnswer):
            return Declined(STEP)  # a session whose address nobody has cannot be paid
        return self._bearing(said) if isinstance(said, Waiting) else Declined(STEP)

    def _marked(self, session: str, mark: str = "") -> str:
        """Return the handle of a session: its id, and under which key it is there, ours if it is new."""
        return f"{session}{MARK}{mark or _mark(self.client)}"

    def _bearing(self, outcome: Outcome, mark: str = "") -> Outcome:
        """Hang a mark on a session that waits."""
        if not isinstance(outcome, Waiting) or not outcome.handle.startswith("cs_"):
            return outcome
        return Waiting(outcome.visit, self._marked(outcome.handle, mark))

    def _session(self, handle: str, expand: str) -> Object:
        """Read a session as it stands now, with something of it in full."""
        return self._read(f"{SESSIONS}/{quote(handle, safe='')}", {"expand[]": expand})

    def _read(self, path: str, fields: Mapping[str, str] | None = None) -> Object:
        """Read a thing where it is, here or in the former account.  Raises Refused, LineBroke, BadAnswer."""
        return where_it_is(self.clients, lambda client: client.get(path, fields))

    def _searched(self, once: str) -> Outcome:
        """Search the accounts for a payment that bears our key.  Raises Refused, LineBroke, BadAnswer."""
        wanted = {"query": f"metadata['once']:'{once}'", "limit": "1"}
        for client in self.clients:
            rows = client.get(f"{INTENTS}/search", wanted).get("data") or ()
            for row in rows:
                if _is_of(row, once):
                    return intent_says(row)
        return Declined(NEVER)

    def _listed(self, path: str, fields: Mapping[str, str], once: str) -> Object | None:
        """Find what bears our key in a list that one of the accounts has; None if none does.

        Raises Refused where no account has such a list; LineBroke, BadAnswer.
        """
        faults: list[Refused] = []
        for client in self.clients:
            try:
                rows: list[Object] = [row for row in client.every(path, fields) if _is_of(row, once)]
            except Refused as refused:
                if not refused.is_missing:
                    raise
                faults.append(refused)
                continue
            if rows:
                return rows[0]
        if len(faults) == len(self.clients):
            raise faults[0]
        return None


def _mark(client: Client) -> str:
    """What a key is known by: under the same one we are in the same account and mode."""
    return hashlib.sha256(client.key.encode()).hexdigest()[:MARK_DIGITS]


def _session_fields(ask: Charge | KeepAsk | StoredCharge) -> dict[str, str]:
    """Return what every Checkout Session is asked with."""
    return {
        "mode": "payment", "success_url": ask.back, "cancel_url": ask.back, "client_reference_id": ask.once,
        "payment_method_types[0]": "card", **_hung("metadata", ask),
    }  # fmt: skip


def _price(ask: Charge | StoredCharge) -> dict[str, str]:
    """Return the one line of a session: our document's number and the amount."""
    head = "line_items[0]"
    return {
        f"{head}[quantity]": "1",
        f"{head}[price_data][currency]": ask.amount.currency.code.lower(),
        f"{head}[price_data][unit_amount]": str(ask.amount.minor),
        f"{head}[price_data][product_data][name]": ask.memo,
    }


def _hung(where: str, ask: Charge | KeepAsk | RefundAsk | StoredCharge) -> dict[str, str]:
    """Return our key and the brand, to hang on something."""
    return {f"{where}[once]": ask.once, f"{where}[shop]": ask.shop or notices.NO_SHOP}


def _is_of(row: object, once: str) -> bool:
    """Say whether something bears our key."""
    return isinstance(row, dict) and inner(row, "metadata").get("once") == once
