"""Stripe's side, for tests: localstripe for payments, refunds and set-ups, and in front of it what it does not have.

The front adds Checkout Sessions, pay-outs with their balance transactions (tests/drivers/stripe_payouts.py), the search for payments, idempotency keys and the refusals of a charge while the
owner is away, as Stripe's documentation describes them; it keeps the answer of each key and signs events.  All else
is handed on.  Nothing of the product is here.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import uuid4
from urllib.parse import parse_qsl, urlencode, urlsplit

from hostkeep.adapters.gateways.stripe.gateway import Config, Stripe
from hostkeep.drivers.conformance.payments import Signed
from hostkeep.drivers.wire import LineBroke, Ran, Reply
from tests.meeting import PATIENCE, until

KEY = "sk_test_hostkeep"
SECRET = "whsec_hostkeep"  # noqa: S105  of the tests
GOOD, CAREFUL = "4242424242424242", "4000002760003184"
SERVE = """
import sys
from aiohttp import web
from localstripe import resources, server
resources.store.dump_to_disk = lambda: None
web.run_app(server.app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
"""


def unflat(pairs) -> dict:
    """Form fields as an object: a[b][c]=1."""
    found: dict = {}
    for name, value in pairs:
        path = re.findall(r"[^\[\]]+", name)
        place = found
        for part in path[:-1]:
            place = place.setdefault(part, {})
        place[path[-1]] = value
    return found


def flat(said: dict, head: str = "") -> list:
    """An object as form fields."""
    rows = []
    for name, value in said.items():
        key = f"{head}[{name}]" if head else name
        rows += flat(value, key) if isinstance(value, dict) else [(key, value)]
    return rows


@dataclass
class Side:
    """Stripe as our driver meets it.

    lost    how many requests to come lose their answer after they were carried out
    asked   what was asked: method, path and fields
    money   its balance and pay-outs, where a test has any
    """

    port: int = 0
    behind: int = 0
    sessions: dict = field(default_factory=dict)
    answers: dict = field(default_factory=dict)
    asked: list = field(default_factory=list)
    lost: int = 0
    money: object = None
    keys: tuple = (KEY,)
    turn: object = field(default_factory=threading.RLock)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def gateway(self, wire=None) -> Stripe:
        return Stripe(wire or Line(self), Config(KEY, (SECRET,), self.base))

    # --- what a request leads to

    def answer(self, method: str, url: str, body: bytes, headers) -> tuple[int, dict, dict]:
        parts = urlsplit(url)
        fields = parse_qsl(parts.query if method != "POST" else body.decode(), keep_blank_values=True)
        self.asked.append((method, parts.path, dict(fields)))
        if headers.get("authorization") not in {f"Bearer {key}" for key in self.keys}:
            return 401, {"error": {"type": "invalid_request_error"}}, {}
        once = headers.get("idempotency-key")
        with self.turn:
            if method != "POST" or not once:
                return *self.done(method, parts.path, fields), {}
            if once in self.answers:
                before, status, said = self.answers[once]
                if before != (parts.path, fields):
                    return 400, {"error": {"type": "idempotency_error"}}, {}
                return status, said, {"idempotent-replayed": "true"}
            status, said = self.done(method, parts.path, fields)
            self.answers[once] = ((parts.path, fields), status, json.loads(json.dumps(said)))
            return status, said, {}

    def done(self, method: str, path: str, fields: list) -> tuple[int, dict]:
        said = unflat(fields)
        if self.money is not None and method == "GET" and path in self.money.PATHS:
            return self.money.answer(path, dict(fields))
        if path == "/v1/checkout/sessions" and method == "POST":
            return 200, self.made(said)
        if found := re.fullmatch(r"/v1/checkout/sessions/(\w+)", path):
            session = self.sessions.get(found[1])
            if session is None:
                return 404, {"error": {"code": "resource_missing"}}
            return 200, self.shown(session, said.get("expand", ""))
        if found := re.fullmatch(r"/v1/checkout/sessions/(\w+)/expire", path):
            session = self.sessions.get(found[1])
            if session is None:
                return 404, {"error": {"code": "resource_missing"}}
            if session["status"] != "open":
                return 400, {"error": {"type": "invalid_request_error"}}
            session["status"] = "expired"
            return 200, self.shown(session, "")
        if path == "/v1/payment_intents/search":
            once = re.fullmatch(r"metadata\['once'\]:'([^']*)'", said["query"])[1]
            _, page = self.local("GET", "/v1/payment_intents", [("limit", "100")])
            return 200, {"data": [row for row in page["data"] if row["metadata"].get("once") == once]}
        if path == "/v1/payment_intents" and method == "GET":
            _, page = self.local("GET", path, [("limit", "100")])
            rows = [row for row in page["data"] if row["customer"] == said.get("customer")]
            return 200, {"data": rows, "has_more": False}
        if path == "/v1/payment_intents" and method == "POST":
            return self.charged(fields, said)
        if path == "/v1/refunds" and method == "POST":
            return self.refunded(fields, said)
        return self.local(method, path, fields)

    def charged(self, fields: list, said: dict) -> tuple[int, dict]:
        """Off-session: a bank that wants to see the payer is a 402 with the payment in it; a customer that is gone, a 400."""
        status, customer = self.local("GET", f"/v1/customers/{said['customer']}", [])
        if status != 200 or customer.get("deleted"):
            return 400, {"error": {"code": "resource_missing", "type": "invalid_request_error"}}
        status, intent = self.local("POST", "/v1/payment_intents", fields)
        if status == 200 and intent["status"] == "requires_action":
            fault = {"type": "card_error", "code": "authentication_required", "payment_intent": intent}
            return 402, {"error": fault}
        return status, intent

    def refunded(self, fields: list, said: dict) -> tuple[int, dict]:
        """localstripe gives back more than came; Stripe does not."""
        intent = self.local("GET", f"/v1/payment_intents/{said['payment_intent']}", [])[1]
        before = self.local("GET", "/v1/refunds", [("payment_intent", said["payment_intent"]), ("limit", "100")])[1]
        if sum(row["amount"] for row in before["data"]) + int(said["amount"]) > intent["amount"]:
            return 400, {"error": {"code": "charge_already_refunded", "type": "invalid_request_error"}}
        return self.local("POST", "/v1/refunds", fields)

    def made(self, said: dict) -> dict:
        """A session, open."""
        name = f"cs_test_{uuid4().hex}"
        session = {
            "id": name, "object": "checkout.session", "status": "open", "payment_status": "unpaid", "mode": said["mode"],
            "url": f"https://checkout.stripe.test/c/pay/{name}", "metadata": said["metadata"], "livemode": False,
            "customer": None, "payment_intent": None, "setup_intent": None, "currency": said.get("currency"),
            "success_url": said["success_url"], "client_reference_id": said["client_reference_id"], "_said": said,
        }  # fmt: skip
        if said["mode"] == "payment":
            data = said["line_items"]["0"]["price_data"]
            session |= {"amount_total": int(data["unit_amount"]), "currency": data["currency"]}
        self.sessions[name] = session
        return self.shown(session, "")

    def shown(self, session: dict, expand: object) -> dict:
        said = {name: value for name, value in session.items() if name != "_said"}
        wanted = str(expand)
        if "payment_intent" in wanted and session["payment_intent"]:
            said["payment_intent"] = self.local("GET", f"/v1/payment_intents/{session['payment_intent']}", [])[1]
        if "setup_intent" in wanted and session["setup_intent"]:
            setup = self.local("GET", f"/v1/setup_intents/{session['setup_intent']}", [])[1]
            setup["payment_method"] = self.local("GET", f"/v1/payment_methods/{setup['payment_method']}", [])[1]
            said["setup_intent"] = setup
        return said

    def local(self, method: str, path: str, fields: list) -> tuple[int, dict]:
        """Ask localstripe."""
        text = urlencode(fields)
        url = f"http://127.0.0.1:{self.behind}{path}" + (f"?{text}" if text and method != "POST" else "")
        request = urllib.request.Request(url, method=method, data=text.encode() if method == "POST" else None)  # noqa: S310
        request.add_header("Authorization", f"Bearer {KEY}")
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as reply:  # noqa: S310
                return reply.status, json.loads(reply.read() or b"{}")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")

    # --- what the payer does

    def of(self, once: str) -> dict:
        """The newest session with our key."""
        return [one for one in self.sessions.values() if one["metadata"]["once"] == once][-1]

    def card(self, number: str) -> str:
        card = {"number": number, "exp_month": "12", "exp_year": "2031", "cvc": "123"}
        return self.local("POST", "/v1/payment_methods", flat({"type": "card", "card": card}))[1]["id"]

    def pay(self, once: str) -> dict:
        """Pay on the page."""
        session = self.of(once)
        fields = {
            "amount": session["amount_total"], "currency": session["currency"], "payment_method": self.card(GOOD),
            "confirm": "true", "metadata": session["_said"]["payment_intent_data"]["metadata"],
        }  # fmt: skip
        _, intent = self.local("POST", "/v1/payment_intents", flat(fields))
        session |= {"status": "complete", "payment_status": "paid", "payment_intent": intent["id"]}
        return session

    def leave(self, once: str, *, careful_bank: bool = False) -> dict:
        """Leave a card on the page; its owner shows themselves, where the bank wants that."""
        session = self.of(once)
        card = self.card(CAREFUL if careful_bank else GOOD)
        customer = self.local("POST", "/v1/customers", [])[1]["id"]
        setup = self.local("POST", "/v1/setup_intents", [("customer", customer)])[1]["id"]
        self.local("POST", f"/v1/setup_intents/{setup}/confirm", [("payment_method", card)])
        self.local("POST", f"/v1/setup_intents/{setup}/confirm", [])
        self.local("POST", f"/v1/payment_methods/{card}/attach", [("customer", customer)])
        session |= {"status": "complete", "customer": customer, "setup_intent": setup}
        return session

    def expire(self, once: str) -> dict:
        session = self.of(once)
        session["status"] = "expired"
        return session

    # --- what Stripe tells

    def event(self, kind: str, thing: dict, **over) -> dict:
        """An event in the shape that Stripe documents, payer's particulars and all."""
        return {
            "id": f"evt_{uuid4().hex[:24]}", "object": "event", "api_version": "2024-06-20", "created": int(time.time()),
            "data": {"object": {name: value for name, value in thing.items() if name != "_said"}}, "livemode": False,
            "pending_webhooks": 1, "request": {"id": None, "idempotency_key": None}, "type": kind, **over,
        }  # fmt: skip


def signed(event: object, *, at: float | None = None, secrets: tuple[str, ...] = (SECRET,)) -> Signed:
    """Sign an event as Stripe does, once a secret."""
    now = time.time() if at is None else at
    body = event if isinstance(event, bytes) else json.dumps(event, indent=2).encode()
    stamp = str(int(now))
    marks = [hmac.new(one.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest() for one in secrets]
    header = ",".join([f"t={stamp}", *(f"v1={mark}" for mark in marks), "v0=6ffbb59b2300aae63f272406069a9788598b792a"])
    return Signed({"Stripe-Signature": header}, body, now)


@dataclass
class Line:
    """A wire to that side over a real socket; an answer may get lost on the way."""

    side: Side

    def request(self, method: str, url: str, *, headers, body: bytes, seconds: float) -> Reply:
        request = urllib.request.Request(url, method=method, data=body or None, headers=dict(headers))  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=seconds) as reply:  # noqa: S310
                status, said, told = reply.status, reply.read(), dict(reply.headers)
        except urllib.error.HTTPError as error:
            status, said, told = error.code, error.read(), dict(error.headers)
        if self.side.lost:
            self.side.lost -= 1
            raise LineBroke("stripe")
        return Reply(status, {name.lower(): value for name, value in told.items()}, said)

    def run(self, *_: object, **__: object) -> Ran:
        raise AssertionError("a gateway runs no programs")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        said = {name.lower(): value for name, value in self.headers.items()}
        status, answer, more = self.server.side.answer(self.command, self.path, body, said)
        data = json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {"content-type": "application/json", "content-length": str(len(data)), **more}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_DELETE = do

    def log_message(self, *_: object) -> None:
        pass


def answers(side: Side) -> bool:
    """Whether localstripe is up."""
    try:
        side.local("GET", "/v1/balance", [])
    except OSError:
        return False
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def stripe_side() -> Iterator[Side]:
    """Start localstripe in a process of its own, and the front before it; end both."""
    side = Side(behind=free_port())
    child = subprocess.Popen([sys.executable, "-c", SERVE, str(side.behind)], stdin=subprocess.DEVNULL)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.side, side.port = side, server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        until(lambda: answers(side))
        yield side
    finally:
        server.shutdown()
        server.server_close()
        child.terminate()
        child.wait(PATIENCE)
