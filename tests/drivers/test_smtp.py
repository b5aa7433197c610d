"""Mail out over SMTP, against hosts that really listen on a port."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import dns.resolver
import pytest
from aiosmtpd.smtp import SMTP

from hostkeep.adapters.mailers.smtp import lookup
from hostkeep.adapters.mailers.smtp.certificate import make_certificate
from hostkeep.adapters.mailers.smtp.config import BadConfig, Config, config_of, read_route, route_of
from hostkeep.adapters.mailers.smtp.line import proof_of, verdict
from hostkeep.adapters.mailers.smtp.lookup import CannotTell, NoMailHere, Place, places_of
from hostkeep.adapters.mailers.smtp.mailer import Smtp
from hostkeep.drivers.mail import Bounced, Later, Letter, Taken
from tests.meeting import PATIENCE

LETTER = Letter(
    "help@vps6.example",
    "ann@example.test",
    b"From: help@vps6.example\r\nTo: ann@example.test\r\nSubject: hi\r\n\r\n.a dot\r\n..two\r\nlast\r\n",
)


@dataclass
class Inbox:
    """What a host kept, and what it answers to RCPT and DATA."""

    rcpt: str = "250 OK"
    data: str = "250 2.0.0 queued as 4F2A for <ann@example.test>"
    kept: list = field(default_factory=list)

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server, session, envelope):
        if self.data.startswith("250"):
            self.kept.append((envelope.mail_from, envelope.rcpt_tos, envelope.original_content, bool(session.ssl)))
        return self.data


@pytest.fixture(scope="module")
def tls(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    make_certificate(folder)
    return folder


def context(folder: Path) -> ssl.SSLContext:
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return made


@contextmanager
def listening(inbox: Inbox, folder: Path | None = None) -> Iterator[str]:
    """A real mail host on a free port; with STARTTLS if a folder with a certificate is given."""
    loop = asyncio.new_event_loop()
    secure = context(folder) if folder else None

    def host() -> SMTP:
        return SMTP(inbox, loop=loop, hostname="test", tls_context=secure, enable_SMTPUTF8=True)

    server = loop.run_until_complete(loop.create_server(host, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0.05))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


@contextmanager
def scripted(*lines: bytes) -> Iterator[str]:
    """A host that sends one answer a command, then drops the line."""
    server = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        try:
            line, _ = server.accept()
        except OSError:
            return
        with line:
            reader = line.makefile("rb")
            for number, said in enumerate(lines):
                if number and not reader.readline():
                    return
                line.sendall(said)

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.getsockname()[1]}"
    finally:
        server.close()
        thread.join(PATIENCE)


def mailer(target: str, **said) -> Smtp:
    return Smtp(Config(route={"*": target}, **{"timeout": 60.0, "starttls": "offered", **said}))


def test_a_letter_arrives_byte_for_byte_over_tls(tls):
    inbox = Inbox()
    with listening(inbox, tls) as target:
        answer = mailer(target, starttls="required", ca=str(tls / "certificate.pem")).hand_over(LETTER)

    assert answer == Taken("250 2.0.0 queued as 4F2A for")
    assert inbox.kept == [(LETTER.sender, [LETTER.to], LETTER.body, True)]


def test_tls_is_taken_where_it_is_offered_and_done_without_where_it_is_not(tls):
    inbox = Inbox()
    with listening(inbox, tls) as target:
        mailer(target).hand_over(LETTER)
    with listening(inbox) as target:
        mailer(target).hand_over(LETTER)

    assert [kept[3] for kept in inbox.kept] == [True, False]


def test_a_host_without_tls_gets_nothing_where_the_policy_demands_it():
    inbox = Inbox()
    with listening(inbox) as target:
        answer = mailer(target, starttls="required").hand_over(LETTER)

    assert answer == Later("no_tls")
    assert inbox.kept == []


def test_a_host_with_a_foreign_certificate_gets_nothing_where_an_authority_is_demanded(tls, tmp_path):
    make_certificate(tmp_path)
    inbox = Inbox()
    with listening(inbox, tls) as target:
        answer = mailer(target, starttls="required", ca=str(tmp_path / "certificate.pem")).hand_over(LETTER)

    assert answer == Later("no_tls")
    assert inbox.kept == []


def test_broken_tls_is_done_without_only_where_tls_is_merely_offered():
    script = (
        b"220 hi\r\n", b"250-test\r\n250 STARTTLS\r\n", b"220 go\r\n", b"no handshake\r\n",
    )  # fmt: skip
    with scripted(*script) as target:
        assert mailer(target, starttls="required").hand_over(LETTER) == Later("no_tls")
    with scripted(*script) as target:  # the second talk, without TLS, finds nobody: the host hears one call
        assert mailer(target, timeout=1.0).hand_over(LETTER) == Later("line_broke")


@pytest.mark.parametrize(
    ("rcpt", "data", "expected"),
    [
        ("550 5.1.1 no such user ann@example.test", "250 OK", Bounced("550 5.1.1")),
        ("450 4.2.0 greylisted", "250 OK", Later("450 4.2.0")),
        ("250 OK", "554 5.7.1 not wanted", Bounced("554 5.7.1")),
        ("250 OK", "452 full", Later("452")),
    ],
)
def test_4yz_is_later_and_5yz_is_for_good(rcpt, data, expected):
    with listening(Inbox(rcpt=rcpt, data=data)) as target:
        assert mailer(target).hand_over(LETTER) == expected


def test_a_host_that_is_not_ready_is_later():
    with scripted(b"421 4.3.2 closing\r\n") as target:
        assert mailer(target).hand_over(LETTER) == Later("421")


def test_nobody_listening_is_later():
    with socket.create_server(("127.0.0.1", 0)) as free:
        target = f"127.0.0.1:{free.getsockname()[1]}"

    assert mailer(target).hand_over(LETTER) == Later("line_broke")


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 5])
def test_a_line_that_breaks_anywhere_is_later(steps):
    script = (b"220 hi\r\n", b"250 test\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go on\r\n")[:steps]
    with scripted(*script) as target:
        assert mailer(target).hand_over(LETTER) == Later("line_broke")


def test_a_silent_host_is_given_up_after_the_timeout():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        target = f"127.0.0.1:{silent.getsockname()[1]}"
        assert mailer(target, timeout=0.3).hand_over(LETTER) == Later("line_broke")


def test_the_next_host_is_tried_when_the_first_is_silent():
    inbox = Inbox()
    with socket.create_server(("127.0.0.1", 0)) as dead:
        gone = dead.getsockname()[1]
    with listening(inbox) as target:
        places = (Place("a", "127.0.0.1", gone), Place("b", "127.0.0.1", int(target.rpartition(":")[2])))
        answer = Smtp(Config(starttls="offered", timeout=60.0), lambda _: places).hand_over(LETTER)

    assert isinstance(answer, Taken)
    assert len(inbox.kept) == 1


def test_the_next_host_is_not_tried_once_the_letter_may_have_arrived():
    inbox = Inbox()
    with scripted(b"220 hi\r\n", b"250 test\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go on\r\n") as first:
        with listening(inbox) as second:
            places = tuple(Place("x", "127.0.0.1", int(t.rpartition(":")[2])) for t in (first, second))
            answer = Smtp(Config(starttls="offered", timeout=60.0), lambda _: places).hand_over(LETTER)

    assert answer == Later("line_broke")
    assert inbox.kept == []


@pytest.mark.parametrize("to", ["ann", "ann@", "ann@example.test>\r\nRCPT TO:<eve@x.test", "a b@example.test", ""])
def test_what_is_no_address_never_reaches_the_line(to):
    assert mailer("127.0.0.1:1").hand_over(Letter(LETTER.sender, to, b"x")) == Bounced("bad_address")


def test_an_address_with_accents_needs_a_host_that_knows_them():
    wide = Letter(LETTER.sender, "ánh@example.test", "To: ánh@example.test\r\n\r\nx\r\n".encode())
    inbox = Inbox()
    with listening(inbox) as target:
        assert isinstance(mailer(target).hand_over(wide), Taken)
    with scripted(b"220 hi\r\n", b"250 test\r\n", b"250 ok\r\n") as target:
        assert mailer(target).hand_over(wide) == Bounced("smtputf8")
    assert inbox.kept[0][1] == ["ánh@example.test"]


def test_an_answer_keeps_codes_and_no_address():
    assert verdict(250, b"2.1.5 <ann@example.test> ok\n2.0.0 Ok: queued as 7A1") == Taken("250 2.0.0 Ok: queued as 7A1")
    assert proof_of(250, "to=<ann@example.test> \x00fine") == "250 fine"
    assert verdict(550, b"ann@example.test unknown") == Bounced("550")


@pytest.fixture
def zone(monkeypatch):
    """A DNS of our own: (name, kind) -> a list of records, or an exception."""
    records: dict = {}

    @dataclass
    class Record:
        address: str = ""
        preference: int = 0
        exchange: object = None

    def resolve(name, kind):
        found = records.get((name, kind), dns.resolver.NoAnswer)
        if isinstance(found, type):
            raise found.__new__(found)
        if kind == "MX":
            return [Record(preference=p, exchange=dns.name.from_text(n)) for p, n in found]
        return [Record(address=a) for a in found]

    monkeypatch.setattr(lookup.dns.resolver, "resolve", resolve)
    return records


def test_hosts_come_by_preference_and_private_ones_not_at_all(zone):
    zone["example.test", "MX"] = [(20, "b.example.test."), (10, "a.example.test."), (5, "evil.example.test.")]
    zone["a.example.test", "A"], zone["b.example.test", "A"] = ["93.184.216.34"], ["1.1.1.1"]
    zone["evil.example.test", "A"], zone["evil.example.test", "AAAA"] = ["127.0.0.1", "10.0.0.5"], ["::1"]

    assert [(p.name, p.address) for p in places_of("example.test")] == [
        ("a.example.test", "93.184.216.34"),
        ("b.example.test", "1.1.1.1"),
    ]


def test_a_domain_without_mx_is_its_own_host_and_one_that_takes_no_mail_says_so(zone):
    zone["example.test", "A"] = ["1.1.1.1"]
    zone["quiet.test", "MX"] = [(0, ".")]
    zone["gone.test", "MX"] = dns.resolver.NXDOMAIN
    zone["slow.test", "MX"] = dns.resolver.LifetimeTimeout

    assert places_of("example.test")[0].address == "1.1.1.1"
    for domain, code in (("quiet.test", "null_mx"), ("gone.test", "no_domain"), ("empty.test", "no_host")):
        with pytest.raises(NoMailHere) as no:
            places_of(domain)
        assert no.value.code == code
    with pytest.raises(CannotTell):
        places_of("slow.test")
    assert Smtp(Config()).hand_over(Letter("a@b.test", "x@slow.test", b"")) == Later("dns")
    assert Smtp(Config()).hand_over(Letter("a@b.test", "x@gone.test", b"")) == Bounced("no_domain")


def test_settings_come_as_texts_and_bad_ones_are_named(tmp_path):
    file = tmp_path / "route"
    file.write_text("# the demo\n* 127.0.0.1:2525\nExample.test [::1]:25  # one domain\n")

    made = config_of({"route_file": str(file), "starttls": "offered", "timeout": "2"})

    assert route_of(made, "else.test") == ("127.0.0.1", 2525)
    assert route_of(made, "example.test") == ("::1", 25)
    assert route_of(Config(), "else.test") is None
    assert config_of({"route": "127.0.0.1:25"}).route == config_of({"route": "* 127.0.0.1:25"}).route
    for bad in ({"starttls": "no"}, {"timeout": "soon"}, {"tls": "yes"}, {"route": "localhost"}):
        with pytest.raises(BadConfig):
            config_of(bad)
    with pytest.raises(BadConfig, match="line 1"):
        read_route("* somewhere")


def test_a_missing_or_broken_route_file_makes_mail_wait_and_never_go_another_way(tmp_path):
    def nowhere(domain: str) -> tuple[Place, ...]:
        raise AssertionError("asked the DNS")

    for text in (None, "nonsense"):
        if text:
            (tmp_path / "route").write_text(text)
        lost = Smtp(Config(route_file=str(tmp_path / "route")), nowhere)
        assert lost.hand_over(LETTER) == Later("no_route")


def test_a_certificate_is_made_once_and_only_we_can_read_its_key(tmp_path):
    make_certificate(tmp_path / "tls")
    before = (tmp_path / "tls" / "key.pem").read_bytes()
    make_certificate(tmp_path / "tls")

    assert (tmp_path / "tls" / "key.pem").read_bytes() == before
    assert (tmp_path / "tls" / "key.pem").stat().st_mode & 0o777 == 0o600
