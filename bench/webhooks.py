"""Signed call-backs: taken by one statement; to a bare view that does one INSERT, and in a storm of duplicates.

The sender is ours, on the other core: eight connections that stay open, each message signed beforehand.
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from threading import Thread
from uuid import uuid4

from bench.figures import Figure, compared, interleaved
from bench.house import BRAND, ROOT, SECONDS, serving

OURS = "hostkeep.project.wsgi:application"
BARE = "bench.bare_wsgi:application"
KEY, SECRET = "sk_test_bench", "whsec_bench"
LINES = 8
COPIES = 10
"""How often each message of a storm comes."""


def figures() -> Iterator[Figure]:
    os.environ |= {"HOSTKEEP_STRIPE_KEY": KEY, "HOSTKEEP_STRIPE_SECRETS": SECRET}
    with serving(OURS) as ours, serving(BARE, settings="bench.bare_settings") as bare:
        for port in (ours, bare):
            sent(port, seconds=1.0)
        rounds = interleaved(lambda: sent(ours)["rate"], lambda: sent(bare)["rate"])
        yield compared("signed call-backs taken, requests/s/core, to a bare view with one INSERT", rounds, ">= 0.8")
        rounds = interleaved(lambda: sent(ours, copies=COPIES)["p99"], lambda: sent(ours)["p99"])
        yield compared("p99 of call-backs in a storm of duplicates, ms, to p99 alone", rounds, "<= 2")


def sent(port: int, *, seconds: float = SECONDS, copies: int = 1) -> dict[str, float]:
    """Send messages from a process of its own; how many a second were taken, and the slowest hundredth in ms."""
    argv = ["taskset", "-c", "1", sys.executable, "-m", "bench.webhooks", str(port), str(seconds), str(copies)]
    environ = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"}
    done = subprocess.run(argv, capture_output=True, text=True, check=True, env=environ)
    return json.loads(done.stdout)


def messages(count: int, copies: int) -> list[bytes]:
    """Whole requests, as bytes: fresh messages, each so many times in a row."""
    from hostkeep.adapters.gateways.stripe.signing import signed

    found = []
    for _ in range(-(-count // copies)):
        once, at = f"pay-{uuid4().hex}", time.time()
        session = {
            "id": f"cs_{uuid4().hex}", "object": "checkout.session", "mode": "payment", "status": "complete",
            "payment_status": "paid", "payment_intent": f"pi_{uuid4().hex}", "amount_total": 2408, "currency": "eur",
            "metadata": {"once": once, "shop": BRAND}, "customer_details": {"email": "payer@example.test", "name": "A Payer"},
            "success_url": "https://shop.example/back/", "payment_method_types": ["card"], "livemode": False,
        }  # fmt: skip
        event = {"id": f"evt_{uuid4().hex[:24]}", "object": "event", "type": "checkout.session.completed", "livemode": False}
        body = json.dumps({**event, "data": {"object": session}}).encode()
        head = "".join(f"{name}: {value}\r\n" for name, value in signed(SECRET, body, at).items())
        whole = (
            f"POST /callbacks/stripe/ HTTP/1.1\r\nHost: {BRAND}.localhost\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n{head}\r\n"
        ).encode() + body
        found += [whole] * copies
    return found


def _line(port: int, some: Iterator[bytes], until: list[float], took: list[float]) -> None:
    """Send over one connection until the time is up."""
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while time.perf_counter() < until[0]:
            whole = next(some)
            began = time.perf_counter()
            line.sendall(whole)
            answer = b""
            while b"\r\n\r\n" not in answer:
                more = line.recv(65_536)
                assert more, "the line was closed"
                answer += more
            assert answer.startswith(b"HTTP/1.1 204"), answer[:200]
            took.append(time.perf_counter() - began)


def main() -> None:
    port, seconds, copies = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    some = iter(messages(int(seconds * 4000), copies))
    took: list[float] = []
    until = [time.perf_counter() + seconds]
    began = time.perf_counter()
    errors: list[BaseException] = []

    def line() -> None:
        try:
            _line(port, some, until, took)
        except BaseException as error:
            errors.append(error)

    lines = [Thread(target=line) for _ in range(LINES)]
    for each in lines:
        each.start()
    for each in lines:
        each.join()
    assert not errors, errors[0]
    rate = len(took) / (time.perf_counter() - began)
    print(json.dumps({"rate": rate, "p99": statistics.quantiles(took, n=100)[98] * 1000}))


if __name__ == "__main__":
    main()
