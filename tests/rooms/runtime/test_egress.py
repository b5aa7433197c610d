"""The way out: declared hosts alone, bounded in time, counted; a tripwire and the kernel's rules beside it."""

from __future__ import annotations

import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db import OperationalError, connections

from hostkeep.drivers.manifest import Manifest
from hostkeep.drivers.packages import NoPackage, Package, demand
from hostkeep.drivers.wire import HostRefused, LineBroke
from hostkeep.runtime import destinations, egress, network_rules, tripwire
from hostkeep.runtime.breaker import MOST_BREAKS, REST, Breaker
from hostkeep.runtime.destinations import ANY, Declared, Destination, demand_public
from hostkeep.runtime.egress import Egress, Seen, wire_for
from tests.meeting import PATIENCE

QUIET = Manifest("quiet", 1)


class Page(BaseHTTPRequestHandler):
    """Answers with the Host it was asked for; /away redirects; /slow drips."""

    def do_GET(self) -> None:
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "http://192.0.2.9/")
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        if self.path == "/slow":
            for _ in range(40):
                self.wfile.write(b".")
                time.sleep(0.05)
            return
        self.wfile.write(self.headers["Host"].encode())

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(handler: type = Page) -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def port() -> Iterator[int]:
    with serving() as number:
        yield number


@pytest.fixture(autouse=True)
def seen(monkeypatch) -> list[Seen]:
    """What is told to who counts; and a breaker of this test's own."""
    told: list[Seen] = []
    monkeypatch.setattr(egress, "_watchers", [told.append])
    monkeypatch.setattr(egress, "breaker", Breaker())
    return told


def get(wire: Egress, url: str, seconds: float = 5.0):
    return wire.request("GET", url, headers={}, body=b"", seconds=seconds)


def test_a_declared_host_is_reached_under_its_own_name_and_counted(port: int, seen: list[Seen]) -> None:
    wire = wire_for(QUIET, [f"pay.localhost:{port}"])
    assert get(wire, f"http://pay.localhost:{port}/").body == f"pay.localhost:{port}".encode()
    assert seen == [Seen("sent", "quiet", f"pay.localhost:{port}")]


@pytest.mark.parametrize(
    "url",
    ["http://other.example/", "http://pay.localhost.evil.example/", "ftp://pay.localhost/", "http://pay.localhost@evil.example/",
     "http:///nothing", "file:///etc/passwd", "http://pay.localhost:1/"],
)  # fmt: skip
def test_any_other_host_is_refused_and_told(port: int, seen: list[Seen], url: str) -> None:
    wire = wire_for(QUIET, [f"pay.localhost:{port}"])
    with pytest.raises(HostRefused):
        get(wire, url)
    assert [each.kind for each in seen] == ["refused"]


def test_a_redirect_is_an_answer_and_nobody_follows_it(port: int) -> None:
    assert get(wire_for(QUIET, [f"a.localhost:{port}"]), f"http://a.localhost:{port}/away").status == 302


def test_a_program_that_is_not_named_is_not_run(seen: list[Seen]) -> None:
    with pytest.raises(HostRefused):
        wire_for(QUIET, []).run(["/bin/sh", "-c", "true"], stdin=b"", seconds=5)
    assert seen == [Seen("refused", "quiet", "sh")]
    assert wire_for(Manifest("loud", 1, sockets=("true",)), []).run(["true"], stdin=b"", seconds=5).code == 0


def points_to(monkeypatch, *addresses: str) -> None:
    """Let every name have these addresses."""
    monkeypatch.setattr(egress, "resolve", lambda _name, port: tuple((each, port) for each in addresses))


@pytest.mark.parametrize("address", [
    "127.0.0.1", "10.1.2.3", "192.168.1.1", "169.254.169.254", "::1", "fd00::1", "0.0.0.0",
    # what a gateway or a tunnel turns into one of those, and what is no single host
    "::ffff:10.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::a00:1", "2002:a00:1::1", "::10.0.0.1", "fec0::1", "224.0.0.1", "ff02::1",
])  # fmt: skip
def test_a_name_that_points_inside_is_refused_unless_that_is_declared(monkeypatch, port: int, address: str) -> None:
    points_to(monkeypatch, address)
    with pytest.raises(HostRefused):
        get(wire_for(QUIET, ["pay.example"]), f"http://pay.example:{port}/")


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1111", "64:ff9b::101:101", "2002:101:101::1"])
def test_a_public_address_is_one_in_whatever_form_it_comes(address: str) -> None:
    demand_public("quiet", ((address, 443),))


def test_a_host_of_the_operators_own_network_is_declared_as_such(monkeypatch, port: int) -> None:
    points_to(monkeypatch, "127.0.0.1")
    wire = wire_for(QUIET, ["panel.internal"], inside=["panel.internal"])
    assert get(wire, f"http://panel.internal:{port}/").body == f"panel.internal:{port}".encode()


def test_what_was_checked_is_what_is_connected_to(monkeypatch, port: int) -> None:
    """A name that is looked up again by anybody would lead elsewhere; nobody does."""
    points_to(monkeypatch, "127.0.0.1")
    asked: list[str] = []
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *a, **k: asked.append(host) or real(host, *a, **k))
    get(wire_for(QUIET, ["panel.internal"], inside=["panel.internal"]), f"http://panel.internal:{port}/")
    assert set(asked) <= {"127.0.0.1"}


def test_the_next_address_is_tried_where_the_first_takes_no_call(monkeypatch, port: int) -> None:
    points_to(monkeypatch, "127.0.0.2", "127.0.0.1")
    wire = wire_for(QUIET, ["panel.internal"], inside=["panel.internal"])
    assert get(wire, f"http://panel.internal:{port}/").status == 200


def test_a_body_that_drips_ends_in_time(port: int) -> None:
    with pytest.raises(LineBroke):
        get(wire_for(QUIET, [f"a.localhost:{port}"]), f"http://a.localhost:{port}/slow", seconds=0.4)


def test_a_body_beyond_the_ceiling_is_dropped(monkeypatch, port: int) -> None:
    monkeypatch.setattr(egress, "BIGGEST", 3)
    with pytest.raises(LineBroke):
        get(wire_for(QUIET, [f"a.localhost:{port}"]), f"http://a.localhost:{port}/")


def test_no_driver_gets_more_time_than_there_is(monkeypatch, port: int) -> None:
    asked: list[float] = []
    real = egress.httpx.Timeout
    monkeypatch.setattr(egress.httpx, "Timeout", lambda left, connect: asked.extend((left, connect)) or real(left, connect=connect))
    get(wire_for(QUIET, [f"a.localhost:{port}"]), f"http://a.localhost:{port}/", seconds=900)
    assert asked[0] <= egress.LONGEST_SECONDS
    assert asked[1] <= egress.CONNECT_SECONDS


def test_a_certificate_is_checked_against_the_hosts_name(monkeypatch, tmp_path: Path, seen: list[Seen]) -> None:
    """The address in the place of the name must not weaken TLS."""
    from hostkeep.adapters.mailers.smtp.certificate import make_certificate

    make_certificate(tmp_path)
    server = HTTPServer(("127.0.0.1", 0), Page)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "certificate.pem", tmp_path / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    trusting = ssl.create_default_context(cafile=str(tmp_path / "certificate.pem"))
    real = egress.httpx.Client
    monkeypatch.setattr(egress.httpx, "Client", lambda **more: real(**{**more, "verify": trusting}))
    try:
        place = f"localhost:{server.server_port}"
        assert get(wire_for(QUIET, [place]), f"https://{place}/").status == 200
        other = f"other.localhost:{server.server_port}"
        with pytest.raises(LineBroke):
            get(wire_for(QUIET, [other]), f"https://{other}/")
    finally:
        server.shutdown()
        server.server_close()


def test_a_host_that_does_not_answer_rests_for_a_while(monkeypatch, seen: list[Seen]) -> None:
    now = [0.0]
    monkeypatch.setattr(egress, "breaker", Breaker(clock=lambda: now[0]))
    asked: list[int] = []
    monkeypatch.setattr(egress, "_ask_any", lambda *_: asked.append(1) or "ConnectError")
    wire = wire_for(QUIET, ["a.localhost:9"])
    for _ in range(MOST_BREAKS + 3):
        with pytest.raises(LineBroke):
            get(wire, "http://a.localhost:9/")
    assert (len(asked), len(seen)) == (MOST_BREAKS, MOST_BREAKS + 3)

    now[0] += REST
    with pytest.raises(LineBroke):
        get(wire, "http://a.localhost:9/")
    assert len(asked) == MOST_BREAKS + 1


def test_an_answer_ends_the_count_and_another_host_is_not_punished() -> None:
    breaker = Breaker()
    for _ in range(MOST_BREAKS - 1):
        breaker.broke("a")
    breaker.answered("a")
    breaker.broke("a")
    assert not breaker.rests("a")
    for _ in range(MOST_BREAKS):
        breaker.broke("a")
    assert breaker.rests("a")
    assert not breaker.rests("b")


# The call path: what a driver is handed of a person.

ASKING = Manifest("asking", 1, discloses=frozenset({"email"}), recipient="asking")
PACKAGE = Package("asking", {"email": "ann@example.test"}, "d" * 64)


def test_a_driver_that_discloses_nothing_gets_no_package() -> None:
    demand(QUIET, None)
    with pytest.raises(NoPackage):
        demand(QUIET, PACKAGE)


@pytest.mark.parametrize(
    "package",
    [None, {"email": "ann@example.test"}, Package("another", {"email": "a"}, ""), Package("asking", {"email": "a", "name": "b"}, "")],
    ids=["none", "no_package", "for_another", "more_than_it_says"],
)
def test_a_driver_that_discloses_gets_its_own_package_and_no_other(package) -> None:
    demand(ASKING, PACKAGE)
    with pytest.raises(NoPackage):
        demand(ASKING, package)


def test_a_relay_is_a_recipient_whatever_the_driver_says() -> None:
    mailer = Manifest("smtp", 1, discloses=frozenset({"email"}))
    demand(mailer, None)
    with pytest.raises(NoPackage):
        demand(mailer, None, recipient="mail_relay")
    demand(mailer, Package("mail_relay", {"email": "a"}, ""), recipient="mail_relay")


# The tripwire.

DECLARED = Declared(
    hosts=(Destination("a", "pay.example", 443, ""), Destination("d", "203.0.113.5", 5432, ""), Destination("m", ANY, 25, "")),
    paths=frozenset({"/run/db"}),
    programs=frozenset({"wg"}),
)


@pytest.mark.parametrize(
    ("event", "args"),
    [
        ("socket.connect", (None, ("198.51.100.7", 25))),
        ("socket.connect", (None, ("203.0.113.5", 5432))),
        ("socket.connect", (None, ("127.0.0.1", 4711))),
        ("socket.connect", (None, ("::1", 4711, 0, 0))),
        ("socket.connect", (None, "/run/db/.s.PGSQL.5432")),
        ("socket.getaddrinfo", ("pay.example", 443, 0, 0, 0)),
        ("socket.getaddrinfo", ("198.51.100.7", 25, 0, 0, 0)),
        ("socket.getaddrinfo", (None, 80, 0, 0, 0)),
        ("socket.getaddrinfo", (b"vps6.localhost", 80, 0, 0, 0)),
        ("subprocess.Popen", ("/usr/bin/wg", ["wg"], None, None)),
        ("subprocess.Popen", (sys.executable, ["python"], None, None)),
    ],
)
def test_the_tripwire_lets_what_is_declared_pass(event: str, args: tuple) -> None:
    assert tripwire.Tripwire(DECLARED, lambda _: None).judge(event, args) is None


@pytest.mark.parametrize(
    ("event", "args", "where"),
    [
        ("socket.connect", (None, ("198.51.100.7", 443)), "198.51.100.7:443"),
        ("socket.connect", (None, ("203.0.113.5", 22)), "203.0.113.5:22"),
        ("socket.connect", (None, ("telemetry.example", 443)), "telemetry.example:443"),
        ("socket.connect", (None, "/run/docker.sock"), "/run/docker.sock"),
        ("socket.connect", (None, b"/run/db-of-another"), "/run/db-of-another"),
        ("socket.getaddrinfo", ("telemetry.example", 443, 0, 0, 0), "telemetry.example"),
        ("subprocess.Popen", ("/bin/sh", ["sh"], None, None), "sh"),
    ],
)
def test_the_tripwire_sees_what_nobody_declared(event: str, args: tuple, where: str) -> None:
    sighting = tripwire.Tripwire(DECLARED, lambda _: None).judge(event, args)
    assert sighting is not None
    assert sighting.where == where


def test_what_was_declared_meanwhile_is_not_reported(monkeypatch) -> None:
    told: list[tripwire.Sighting] = []
    wire = tripwire.Tripwire(Declared(), told.append)
    for host in ("198.51.100.7", "198.51.100.8"):
        wire("socket.connect", (None, (host, 4000)))
    monkeypatch.setattr(tripwire, "declared", lambda: Declared((Destination("new", "198.51.100.7", 4000, ""),)))
    monkeypatch.setattr(tripwire, "connections", SimpleNamespace(close_all=lambda: None))
    wire.tell_one()
    wire.tell_one()
    assert [seen.where for seen in told] == ["198.51.100.8:4000"]


def test_the_egress_client_itself_is_let_pass_while_it_goes_there() -> None:
    wire = tripwire.Tripwire(DECLARED, lambda _: None)
    there = ("socket.connect", (None, ("198.51.100.7", 443)))
    with destinations.going((("198.51.100.7", 443),)):
        assert wire.judge(*there) is None
    assert wire.judge(*there) is not None


ARMED = """
import socket, threading, time
from django.conf import settings
settings.configure()
from hostkeep.runtime import destinations, tripwire
destinations.known_by(lambda: destinations.Declared())
told = threading.Event()
tripwire.reported_to(lambda seen: (print(seen.what, seen.where, flush=True), told.set()))
tripwire.arm()
for _ in range(3):
    probe = socket.socket()
    probe.setblocking(False)
    try:
        probe.connect(("203.0.113.9", 443))
    except OSError:
        pass
    probe.close()
told.wait(timeout=50)
time.sleep(0.5)  # a second report would come now
"""


def test_an_armed_process_reports_a_library_that_calls_home_once() -> None:
    done = subprocess.run([sys.executable, "-c", ARMED], capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert done.stdout.splitlines() == ["connect 203.0.113.9:443"]


# The kernel's rules.

HOSTS = (
    Destination("testpay", "pay.example", 8443, "payments", ("vps6", "vpn")),
    Destination("smtp", ANY, 25, 'mail "straight" to\nhosts'),
    Destination("here", "localhost", 8000, "this machine"),
)


def rules(**more) -> str:
    said = {"uid": 1234, "declared": Declared(HOSTS, left_out=("stripe: the policy names no recipient",)), "resolvers": ("192.0.2.53", "2001:db8::53"), **more}
    return network_rules.render(network_rules.Rules(**said), look_up=looked_up)


def looked_up(host: str, port: int) -> tuple:
    known = {"pay.example": ("198.51.100.7", "2001:db8::7"), "localhost": ("127.0.0.1",)}
    return tuple((each, port) for each in known[host])


def test_the_rules_let_out_what_is_declared_and_refuse_and_count_all_else() -> None:
    lines = [line.strip() for line in rules().splitlines()]
    assert 'ip daddr 198.51.100.7 tcp dport 8443 counter name let_out accept comment "testpay: payments (vps6, vpn)"' in lines
    assert any(line.startswith("ip6 daddr 2001:db8::7 tcp dport 8443 ") for line in lines)
    assert 'tcp dport 25 counter name let_out accept comment "smtp: mail straight tohosts"' in lines
    assert any(line.startswith("ip6 daddr 2001:db8::53 udp dport 53 ") for line in lines)
    assert "counter name refused reject with icmpx admin-prohibited" in lines
    assert lines.index("counter name refused reject with icmpx admin-prohibited") == len(lines) - 3
    assert 'meta skuid != 1234 accept comment "processes of others are not ours to bind"' in lines
    assert "# Left out: stripe: the policy names no recipient" in lines
    assert not any("127.0.0.1" in line for line in lines)


def test_a_declared_host_without_an_address_makes_no_rules() -> None:
    def nothing(_host: str, _port: int) -> tuple:
        raise LineBroke

    with pytest.raises(network_rules.NoAddress, match="pay.example"):
        network_rules.render(network_rules.Rules(0, Declared(HOSTS), ()), look_up=nothing)
    only = Declared((Destination("outside", "new.example", 443, "", needed=False),))
    assert "# Left out: new.example has no address" in network_rules.render(network_rules.Rules(0, only, ()), look_up=nothing)


def test_name_servers_are_read_as_the_machine_says() -> None:
    said = "# hello\nsearch example\nnameserver 192.0.2.53\nnameserver 127.0.0.53\nnameserver fe80::1%eth0\nnameserver\n"
    assert network_rules.resolvers_of(said) == ("192.0.2.53", "fe80::1%eth0")


# What is entered.


def test_a_refused_host_is_counted_and_wakes_somebody_at_every_brand(db) -> None:
    from hostkeep.audit.enter import APART
    from hostkeep.audit.models import Entry
    from hostkeep.project import outgoing

    before = set(Entry.objects.using(APART).values_list("id", flat=True))
    outgoing._shouted.clear()
    for _ in range(2):
        outgoing.note(Seen("refused", "quiet", "telemetry.example:443"))
    raised = Entry.objects.using(APART).exclude(id__in=before).filter(verb="alarm.undeclared_host.raised")
    assert sorted(raised.values_list("brand", "clause")) == [
        ("photonvps", "PH-5"), ("vietnam-server", "VS-12"), ("vpn", "VPN-2"), ("vps6", "V6-1"), ("vpsfast", "VF-8"),
    ]  # fmt: skip


def test_a_brand_whose_first_policy_is_not_in_force_yet_hears_of_it_too(db, monkeypatch) -> None:
    from hostkeep.audit.enter import APART
    from hostkeep.audit.models import Entry
    from hostkeep.brands import queries
    from hostkeep.project import outgoing

    before = set(Entry.objects.using(APART).values_list("id", flat=True))
    known = queries.version_in_force

    def none_at_vpn(brand, at):
        if brand == "vpn":
            raise queries.NoSuchBrand
        return known(brand, at)

    monkeypatch.setattr(queries, "version_in_force", none_at_vpn)
    outgoing._shouted.clear()
    outgoing.note(Seen("refused", "quiet", "early.example:443"))
    raised = Entry.objects.using(APART).exclude(id__in=before).filter(verb="alarm.undeclared_host.raised")
    assert sorted(raised.values_list("brand", "clause")) == [
        ("photonvps", "PH-5"), ("vietnam-server", "VS-12"), ("vpn", ""), ("vps6", "V6-1"), ("vpsfast", "VF-8"),
    ]  # fmt: skip


class Sulking:
    """The second connection does not take what is said to it, so many statements long."""

    def __init__(self, refusals: int) -> None:
        self.left = refusals

    def __call__(self, execute, sql, params, many, context):
        if "audit_entry" in sql and sql.lstrip().startswith("INSERT") and self.left > 0:
            self.left -= 1
            raise OperationalError("the line broke")
        return execute(sql, params, many, context)


def test_an_alarm_that_could_not_be_entered_rings_with_the_next_attempt(db) -> None:
    from hostkeep.audit.enter import APART
    from hostkeep.audit.models import Entry
    from hostkeep.project import outgoing

    before = set(Entry.objects.using(APART).values_list("id", flat=True))
    sulking = Sulking(refusals=1)

    def raised() -> int:
        found = Entry.objects.using(APART).exclude(id__in=before)
        return found.filter(verb="alarm.undeclared_host.raised").count()

    outgoing._shouted.clear()
    with connections[APART].execute_wrapper(sulking):
        outgoing.note(Seen("refused", "quiet", "sulking.example:443"))
        assert (raised(), sulking.left) == (0, 0)
        outgoing.note(Seen("refused", "quiet", "sulking.example:443"))
        assert raised() == 5
        outgoing._shouted.clear()  # another process meets the same place
        outgoing.note(Seen("refused", "quiet", "sulking.example:443"))
        assert raised() == 5


def test_what_was_contacted_can_be_held_against_what_is_declared(db) -> None:
    from datetime import timedelta

    from hostkeep.kernel.ids import OPERATOR
    from hostkeep.project import outgoing
    from hostkeep.runtime import clock
    from hostkeep.runtime.tallies import tallies

    outgoing.note(Seen("sent", "quiet", "pay.example:443"))
    since = clock.now() - timedelta(hours=1)
    assert tallies(brand=OPERATOR, kind="egress.sent", since=since)["quiet pay.example:443"] >= 1


def mail_hosts() -> list[tuple[str, int, tuple[str, ...]]]:
    return [(each.host, each.port, each.brands) for each in destinations.declared().hosts if each.driver == "smtp"]


def test_mail_goes_straight_to_the_receivers_hosts_on_the_one_port_that_takes_mail(db, settings) -> None:
    settings.HOSTKEEP = replace(settings.HOSTKEEP, demo=False, mail_route="")
    assert mail_hosts() == [(ANY, 25, ())]
    assert destinations.declared().left_out == ()


def test_a_relay_that_no_policy_names_is_let_out_for_nobody(db, settings) -> None:
    settings.HOSTKEEP = replace(settings.HOSTKEEP, demo=False, mail_route="relay.example:587")
    assert mail_hosts() == []
    assert len(destinations.declared().left_out) == 5


def test_the_demos_gateway_and_mail_hosts_are_declared(db, settings, tmp_path: Path) -> None:
    (tmp_path / "mail-route").write_text("* 127.0.0.1:4711\nexample.test 192.0.2.25:2525\n")
    settings.HOSTKEEP = replace(settings.HOSTKEEP, demo=True, data=tmp_path, public_url="http://localhost:8123")
    assert mail_hosts() == [("127.0.0.1", 4711, ()), ("192.0.2.25", 2525, ())]
    (pay,) = [each for each in destinations.declared().hosts if each.driver == "testpay"]
    assert (pay.host, pay.port) == ("localhost", 8123)
    assert sorted(pay.brands) == ["photonvps", "vietnam-server", "vpn", "vps6", "vpsfast"]


