"""What leaves the house, seen on the line: order, payment, mail and provisioning at every brand.

The whole demo runs in a network of its own, with one line to a world where every address answers.  The rules
that `hostkeep network rules --nft` prints are in force.  What the line carried is then held against what each
customer gave: names, addresses, numbers.
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hostkeep.faces.demo.mail_folder import KeptMail, kept_mails
from tests.browser.customers import EVERYBODY, PHOTONVPS, VPSFAST, Customer
from tests.browser.running_demo import MAIN, READY, RunningDemo, clean_environment, short_folder, stop, until
from tests.real import visitors
from tests.real.moving_partner import ANSWERS, UNDECLARED
from tests.real.recording import Flow, flows_of, found_in
from tests.real.two_networks import CLIENT, PYTHON, ROOT, Networks, background, two_networks
from tests.real.visitors import PORT, Visitor

CONSENTS = "/account/privacy/consents/"
HOSTS = {customer.brand: f"198.18.1.{number}" for number, customer in enumerate(EVERYBODY, start=11)}
"""Each customer's own mail host."""

STATEMENTS = {"adult", "accept_policy", "country", "region", "address", "city", "postal_code"}


def personal(customer: Customer) -> dict[str, str]:
    """What a customer gave that says who they are."""
    given = {**customer.signup, **customer.order}
    return {name: value for name, value in given.items() if name not in STATEMENTS} | {
        "street": given["address"] for _ in [0] if "address" in given
    }


@dataclass(slots=True)
class Walked:
    """What the walks left behind."""

    nets: Networks
    demo: RunningDemo
    world: Path
    book: Path
    people: dict[str, Visitor]
    rules: str

    def flows(self) -> list[Flow]:
        time.sleep(0.3)  # the recorder writes a little later than the line speaks
        return flows_of(self.book)

    def left(self) -> list[Flow]:
        """What left by the line."""
        return [flow for flow in self.flows() if flow.line != "lo"]

    def to_itself(self) -> list[Flow]:
        """What the house's own processes asked of its own pages: the payment company stands there in the demo."""
        return [f for f in self.flows() if f.line == "lo" and f.source != CLIENT and f.port == PORT]

    def mails(self, brand: str) -> list[KeptMail]:
        return list(kept_mails(self.world / HOSTS[brand]))

    def partner(self, *words: str) -> dict:
        """Run the partner's driver inside, on the demo's data."""
        env = clean_environment() | {
            "HOSTKEEP_DATA": str(self.demo.data), "HOSTKEEP_DEMO": "1", "HOSTKEEP_PUBLIC_URL": f"http://localhost:{PORT}",
            "HOSTKEEP_LOG_LEVEL": "ERROR", "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
        }  # fmt: skip
        argv = self.nets.argv(PYTHON, "-W", "ignore", "-m", "tests.real.moving_partner", *words)
        done = subprocess.run(argv, env=env, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        return json.loads(done.stdout.splitlines()[-1])


def certify(folder: Path) -> None:
    """A certificate for the demo's sink and for every mail host of the world, made before the demo starts."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    folder.mkdir(parents=True, mode=0o700)
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    addresses = [x509.IPAddress(ipaddress.ip_address(each)) for each in ("127.0.0.1", "::1", *HOSTS.values())]
    signed = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost"), *addresses]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "certificate.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    plain = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(plain)


def start_inside(nets: Networks, data: Path) -> RunningDemo:
    """Start the demo inside and wait until it says that it is ready."""
    log = data.parent / f"{data.name}.log"
    env = clean_environment() | {"HOSTKEEP_LXD_SOCKET": str(data / "no-such-socket")}
    with log.open("ab") as out:
        process = subprocess.Popen(
            nets.argv(*MAIN, "demo", "--port", str(PORT), "--data", str(data)), cwd=ROOT, env=env, stdout=out, stderr=out,
            start_new_session=True,
        )  # fmt: skip
    demo = RunningDemo(PORT, data, log, process)

    def ready() -> bool:
        assert process.poll() is None, f"the demo ended: {demo.printed()[-3000:]}"
        return f"{READY}http://localhost:{PORT}" in demo.printed()

    try:
        until(ready, "the demo", seconds=150, told=demo.last_lines)
    except BaseException:
        stop(demo)
        raise
    return demo


def bind(nets: Networks, demo: RunningDemo) -> str:
    """Put the rules in force that the program itself prints for this set-up."""
    domains = [f"{c.email.rpartition('@')[2].lower()} {HOSTS[c.brand]}:25" for c in EVERYBODY]
    route = demo.data / "mail-route"
    route.write_text(route.read_text() + "\n".join(domains) + "\n")
    rules = demo.command("network", "rules", "--nft", "--uid", str(os.getuid()))
    nets.run("nft", "-c", "-f", "-", given=rules)
    nets.run("nft", "-f", "-", given=rules)
    return rules


def walk(walked: Walked) -> None:
    """Order, payment, mail and provisioning at every brand."""
    for customer in EVERYBODY:
        person = walked.people[customer.brand] = Visitor(walked.nets, customer)
        for wanted in customer.wants:
            visitors.puts(person, wanted)
        visitors.signs_up(person)
    for brand, person in walked.people.items():
        holding = "/auth/confirm-email/"
        mail = until(
            lambda b=brand: next((m for m in walked.mails(b) if holding in m.text), None), f"a mail of {brand}",
            told=walked.demo.last_lines,
        )  # fmt: skip
        visitors.confirms(person, mail.text)
        visitors.logs_in(person)
        visitors.orders_and_pays(person)
    for brand, person in walked.people.items():
        until(lambda p=person: visitors.is_paid(p), f"{brand}'s invoice to be paid", told=walked.demo.last_lines)
        until(lambda p=person: visitors.services_run(p), f"{brand}'s services to run", seconds=90, told=walked.demo.last_lines)


@pytest.fixture(scope="module")
def walked() -> Iterator[Walked]:
    with two_networks() as nets, short_folder() as folder:
        world, book, data = folder / "world", folder / "packets", folder / "data"
        certify(data / "mail" / "tls")
        outside = nets.argv_outside(PYTHON, "-m", "tests.real.recording", "world", "--folder", str(world), "--tls", str(data / "mail"))
        inside = nets.argv(PYTHON, "-m", "tests.real.recording", "packets", "--line", nets.line, "--file", str(book))
        with background(outside, "turning", folder / "world.log"), background(inside, "recording", folder / "packets.log"):
            demo = start_inside(nets, data)
            try:
                there = Walked(nets, demo, world, book, {}, "")
                there.rules = bind(nets, demo)
                walk(there)
                yield there
            finally:
                stop(demo)


def test_only_the_customers_own_mail_hosts_were_ever_called(walked: Walked) -> None:
    assert {flow.place for flow in walked.left()} == {(host, 25) for host in HOSTS.values()}


@pytest.mark.parametrize("customer", EVERYBODY, ids=[c.brand for c in EVERYBODY])
def test_a_mail_host_got_its_own_customers_mail_over_tls_and_no_other(walked: Walked, customer: Customer) -> None:
    mails = walked.mails(customer.brand)
    assert len(mails) >= 3, [mail.subject for mail in mails]
    assert {mail.to.lower() for mail in mails} == {customer.email.lower()}
    assert {mail.brand for mail in mails} == {customer.brand}
    assert {mail.line for mail in mails} == {"tls"}
    others = {f"{c.brand} {n}": v for c in EVERYBODY if c is not customer for n, v in personal(c).items()}
    for mail in mails:
        assert found_in(f"{mail.subject}\n{mail.text}\n{mail.html}".encode(), others) == {}


@pytest.mark.parametrize("customer", EVERYBODY, ids=[c.brand for c in EVERYBODY])
def test_what_the_payment_company_was_asked_says_nothing_about_who_pays(walked: Walked, customer: Customer) -> None:
    asked = [bytes(flow.said) for flow in walked.to_itself()]
    charges = [said for said in asked if b"/demo/pay/api/charges/" in said]
    assert len(charges) >= len(EVERYBODY), "the walks paid"
    for said in asked:
        assert found_in(said, personal(customer)) == {}


@pytest.mark.parametrize("customer", EVERYBODY, ids=[c.brand for c in EVERYBODY])
def test_nothing_personal_is_on_the_line_in_clear_but_the_address_the_mail_goes_to(walked: Walked, customer: Customer) -> None:
    for flow in walked.left():
        found = found_in(bytes(flow.said), personal(customer))
        assert set(found) <= ({"email"} if flow.place == (HOSTS[customer.brand], 25) else set()), (flow.place, found)


def test_the_search_would_find_a_value_in_any_of_its_spellings() -> None:
    values = personal(VPSFAST)
    import base64
    from urllib.parse import quote_plus

    for name, value in values.items():
        for said in (value, value.upper(), quote_plus(value), base64.b64encode(f"xy {value} z".encode()).decode(), value.encode().hex()):
            assert name in found_in(said.encode(), values), (name, said)
    assert found_in(b"Subject: your order VF-2026-000001", values) == {}


def test_at_photonvps_nothing_about_anybody_ever_left_but_their_own_mail(walked: Walked) -> None:
    counted = json.loads(walked.people["photonvps"].get("/privacy/disclosures.json").text)["disclosures"]
    assert counted == []
    others = [flow for flow in walked.left() if flow.to != HOSTS["photonvps"]]
    for said in [bytes(flow.said) for flow in (*others, *walked.to_itself())]:
        assert found_in(said, personal(PHOTONVPS)) == {}


def test_the_provisioners_files_know_handles_and_no_person(walked: Walked) -> None:
    files = [path for path in (walked.demo.data / "wireguard").rglob("*") if path.is_file()]
    assert any(b"# hk-" in path.read_bytes() for path in files), "the tunnel was made"
    for path in files:
        for customer in EVERYBODY:
            assert found_in(path.read_bytes(), personal(customer)) == {}


def test_the_tripwire_saw_nothing_undeclared_in_all_of_it(walked: Walked) -> None:
    """Or it would cry wolf, and nobody would listen."""
    said = walked.demo.command("network", "hosts")
    assert "declared  testpay localhost:8000" in said
    assert re.search(r"^sent +testpay localhost:8000", said, re.M), said
    assert not re.search(r"^(sighted|refused) ", said, re.M), said


def test_a_host_that_nobody_declared_is_refused_and_counted(walked: Walked) -> None:
    assert walked.partner("--undeclared") == {"refused": UNDECLARED}
    assert not [flow for flow in walked.left() if flow.to == UNDECLARED]
    assert re.search(rf"^refused +curious {re.escape(UNDECLARED)}:80 ", walked.demo.command("network", "hosts"), re.M)


def refused_packets(nets: Networks) -> int:
    said = nets.run("nft", "-j", "list", "counter", "inet", "hostkeep_out", "refused").stdout
    return next(each["counter"]["packets"] for each in json.loads(said)["nftables"] if "counter" in each)


def test_the_kernel_refuses_what_goes_behind_the_clients_back(walked: Walked) -> None:
    before = refused_packets(walked.nets)
    assert "broke" in walked.partner("--behind")
    assert refused_packets(walked.nets) > before
    assert not [flow for flow in walked.left() if flow.to == UNDECLARED]


def test_without_the_rules_it_would_have_left(walked: Walked) -> None:
    """The world answers everywhere: what kept the socket in was the table, and nothing else."""
    walked.nets.run("nft", "delete", "table", "inet", "hostkeep_out")
    walked.partner("--behind")
    assert [flow for flow in walked.left() if flow.to == UNDECLARED]


def posts(walked: Walked) -> list[bytes]:
    return [path.read_bytes() for path in sorted((walked.world / "posts").iterdir())]


def test_vpsfasts_partner_gets_the_permitted_fields_with_a_permission_and_nothing_without(walked: Walked) -> None:
    """Runs last: the partner of the policy has no driver in the box, so no rule lets it out; the rules are gone."""
    walked.nets.run("nft", "delete", "table", "inet", "hostkeep_out", check=False)
    ann = walked.people["vpsfast"]
    assert walked.partner(VPSFAST.email, "move-1") == {"refused": "VF-8"}
    assert posts(walked) == []

    page = ann.get(CONSENTS)
    agreed = ann.post(page, f"{CONSENTS}agree/", purpose="service", recipient="moving_partner")
    assert agreed.status == 200
    assert walked.partner(VPSFAST.email, "move-1") == {"handed": ["email", "name"], "status": 200}
    (post,) = posts(walked)
    assert json.loads(post.partition(b"\r\n\r\n")[2]) == {"name": VPSFAST.signup["name"], "email": VPSFAST.email}
    assert VPSFAST.signup["phone"].encode() not in post

    assert ann.post(ann.get(CONSENTS), f"{CONSENTS}withdraw/").status == 200
    for once in ("move-1", "move-2"):
        assert walked.partner(VPSFAST.email, once) == {"refused": "VF-8"}
    assert len(posts(walked)) == 1
    host, _, port = ANSWERS.partition(":")
    assert len([flow for flow in walked.left() if flow.place == (host, int(port))]) == 1

    (counted,) = json.loads(ann.get("/privacy/disclosures.json").text)["disclosures"]
    assert (counted["recipient"], counted["handed"], counted["people"], counted["refused"]) == ("moving_partner", 1, 1, 3)
