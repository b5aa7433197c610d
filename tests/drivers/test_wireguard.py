"""The WireGuard driver: the exam, the peer file, the customer's configuration."""

from __future__ import annotations

import base64
import multiprocessing
import re
import stat
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostkeep.adapters.provisioners.wireguard.config import WireGuardConfig
from hostkeep.adapters.provisioners.wireguard.driver import WireGuard, secret_name
from hostkeep.adapters.provisioners.wireguard.keys import new_pair, public_of
from hostkeep.adapters.provisioners.wireguard.peers import DamagedFile, Peer, Server, parse, render
from hostkeep.drivers.conformance.machines import HANDLE, OTHER, BrokenWire, NoWire, ProvisionerExam
from hostkeep.drivers.machines import Ask, Done, Refused, Unknown
from hostkeep.drivers.wire import Ran
from tests.meeting import PATIENCE


class FakeWg:
    """Stands in for the program wg: keeps what was synced, answers `show peers`."""

    def __init__(self, *, code: int = 0) -> None:
        self.code = code
        self.ran: list[Sequence[str]] = []
        self.live = ""

    def request(self, *args: object, **kwargs: object) -> object:
        raise AssertionError("the driver makes no requests")

    def run(self, argv: Sequence[str], *, stdin: bytes, seconds: float) -> Ran:
        self.ran.append(list(argv))
        if self.code:
            return Ran(self.code, b"", b"no such device")
        if argv[1] == "syncconf":
            self.live = "\n".join(re.findall(r"^PublicKey = (\S+)$", Path(argv[3]).read_text(), re.M))
        return Ran(0, self.live.encode(), b"")


def a_config(folder: Path, **changes: object) -> WireGuardConfig:
    fields = {"folder": str(folder), "endpoint": "vpn.example", "network": "10.77.0.0/24", **changes}
    return WireGuardConfig(**fields)


class TestExam(ProvisionerExam):
    """Without a running server: the peer file is all there is."""

    spec = {"devices": "1"}
    short = {"devices": "0"}

    @pytest.fixture(autouse=True)
    def _sandbox(self, tmp_path: Path) -> None:
        self.folder = tmp_path / "wg"

    def make(self) -> WireGuard:
        return WireGuard(a_config(self.folder), NoWire())

    def make_broken(self) -> WireGuard:
        return WireGuard(a_config(self.folder, sync=True), BrokenWire())

    def standing(self, handle: str) -> int:
        path = self.folder / "wg-hk.conf"
        return path.read_text().count(f"# {handle} ") if path.exists() else 0


class TestExamOfAnAppliedServer(TestExam):
    """With `wg syncconf` after each change."""

    @pytest.fixture(autouse=True)
    def _server(self) -> None:
        self.wg = FakeWg()

    def make(self) -> WireGuard:
        return WireGuard(a_config(self.folder, sync=True), self.wg)


def an_ask(handle: str = HANDLE, *, sealed: dict[str, str] | None = None, **spec: str) -> Ask:
    return Ask("a-1", handle, spec, sealed or {})


def key_in(text: str) -> str:
    found = re.search(r"^PrivateKey = (\S+)$", text, re.M)
    assert found
    return found.group(1)


def made(outcome: object) -> Done:
    assert isinstance(outcome, Done)
    return outcome


def test_keys_are_of_the_kind_wg_makes() -> None:
    pair = new_pair()
    raw = base64.b64decode(pair.private)
    assert len(raw) == 32
    assert raw[0] & 7 == 0
    assert raw[31] & 192 == 64
    assert public_of(pair.private) == pair.public
    assert pair.private not in repr(pair)


def test_the_configuration_holds_all_an_app_needs(tmp_path: Path) -> None:
    driver = WireGuard(a_config(tmp_path, network6="fd77::/64"), NoWire())
    outcome = made(driver.create(an_ask()))
    text = outcome.secrets["wireguard.conf"]
    server = public_of(parse((tmp_path / "wg-hk.conf").read_text()).private)

    assert "Address = 10.77.0.2/32, fd77::2/128\n" in text
    assert "DNS = 10.77.0.1\n" in text
    assert f"PublicKey = {server}\n" in text
    assert "AllowedIPs = 0.0.0.0/0, ::/0\n" in text
    assert "Endpoint = vpn.example:51820\n" in text
    assert text.endswith("PersistentKeepalive = 25\n")
    assert outcome.facts["public_key"] == public_of(key_in(text))


def test_the_peer_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "wg"
    WireGuard(a_config(folder), NoWire()).create(an_ask())
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(p.stat().st_mode) for p in folder.iterdir()} == {0o600}


def test_the_customers_private_key_is_nowhere_on_the_server(tmp_path: Path) -> None:
    outcome = made(WireGuard(a_config(tmp_path), NoWire()).create(an_ask()))
    private = key_in(outcome.secrets["wireguard.conf"])
    assert all(private not in path.read_text() for path in tmp_path.iterdir())


def test_a_second_create_without_the_sealed_secret_replaces_the_key_in_place(tmp_path: Path) -> None:
    driver = WireGuard(a_config(tmp_path), NoWire())
    first, second = made(driver.create(an_ask())), made(driver.create(an_ask()))

    assert first.facts["address"] == second.facts["address"]
    assert first.facts["public_key"] != second.facts["public_key"]
    text = (tmp_path / "wg-hk.conf").read_text()
    assert first.facts["public_key"] not in text
    assert second.facts["public_key"] in text


def test_a_second_create_with_the_sealed_secret_changes_nothing(tmp_path: Path) -> None:
    driver = WireGuard(a_config(tmp_path), NoWire())
    first = made(driver.create(an_ask()))
    second = made(driver.create(an_ask(sealed=dict(first.secrets))))
    assert second == Done(first.facts, {})


@pytest.mark.parametrize("sealed", ["", "PrivateKey = not-a-key", "PrivateKey = " + "!" * 44])
def test_a_sealed_secret_that_does_not_fit_is_replaced(tmp_path: Path, sealed: str) -> None:
    driver = WireGuard(a_config(tmp_path), NoWire())
    driver.create(an_ask())
    assert made(driver.create(an_ask(sealed={"wireguard.conf": sealed}))).secrets


def test_each_device_has_a_key_and_an_address_of_its_own(tmp_path: Path) -> None:
    driver = WireGuard(a_config(tmp_path), NoWire())
    outcome = made(driver.create(an_ask(devices="5")))
    assert list(outcome.secrets) == [secret_name(n) for n in range(1, 6)]
    assert len({key_in(text) for text in outcome.secrets.values()}) == 5
    assert outcome.facts["leases"].split() == [f"10.77.0.{n}" for n in range(2, 7)]


def test_one_device_gets_a_new_key_and_the_others_keep_theirs(tmp_path: Path) -> None:
    driver = WireGuard(a_config(tmp_path), NoWire())
    before = made(driver.create(an_ask(devices="3")))
    after = made(driver.create(an_ask(devices="3", renew="wireguard-2.conf")))

    assert list(after.secrets) == ["wireguard-2.conf"]
    old, new = before.facts["public_key"].split(), after.facts["public_key"].split()
    assert (old[0], old[2]) == (new[0], new[2])
    assert old[1] != new[1]
    assert before.facts["leases"] == after.facts["leases"]


@pytest.mark.parametrize("devices", ["0", "33", "-1", "1.5", "", "many", "٣", "9" * 5000])
def test_a_number_of_devices_that_cannot_be_is_refused(tmp_path: Path, devices: str) -> None:
    assert WireGuard(a_config(tmp_path), NoWire()).create(an_ask(devices=devices)) == Refused("spec.unknown")


def test_a_full_pool_says_so_and_a_freed_address_is_given_again(tmp_path: Path) -> None:
    driver = WireGuard(a_config(tmp_path, network="10.77.0.0/29"), NoWire())
    assert made(driver.create(an_ask(devices="5")))
    assert driver.create(an_ask(OTHER)) == Refused("capacity.full")
    assert OTHER not in (tmp_path / "wg-hk.conf").read_text()

    driver.terminate(an_ask())
    assert made(driver.create(an_ask(OTHER))).facts["address"] == "10.77.0.2"


def test_a_suspended_peer_leaves_the_server_but_keeps_its_place(tmp_path: Path) -> None:
    wg = FakeWg()
    driver = WireGuard(a_config(tmp_path, sync=True), wg)
    key = made(driver.create(an_ask())).facts["public_key"]
    assert wg.live == key
    driver.suspend(an_ask())
    assert wg.live == ""
    driver.resume(an_ask())
    assert wg.live == key
    assert wg.ran[0] == ["wg", "syncconf", "wg-hk", str(tmp_path / "wg-hk.conf")]


def test_a_server_that_does_not_apply_is_not_taken_for_done(tmp_path: Path) -> None:
    wg = FakeWg(code=1)
    driver = WireGuard(a_config(tmp_path, sync=True), wg)
    assert driver.create(an_ask()) == Unknown()
    assert driver.look_up(an_ask()) == Unknown()

    wg.code = 0
    assert driver.look_up(an_ask()) == Refused("not_applied")
    assert made(driver.create(an_ask()))
    assert isinstance(driver.look_up(an_ask()), Done)


def test_only_public_keys_are_asked_of_the_running_server(tmp_path: Path) -> None:
    wg = FakeWg()
    driver = WireGuard(a_config(tmp_path, sync=True), wg)
    driver.create(an_ask())
    driver.look_up(an_ask())
    driver.terminate(an_ask())
    driver.terminate(an_ask())
    assert {argv[1] for argv in wg.ran} == {"syncconf", "show"}
    assert [argv[3] for argv in wg.ran if argv[1] == "show"] == ["peers"]


@pytest.mark.parametrize("damage", ["", "[Interface]\n", "\xff\xfe", "extra", "mark"])
def test_a_file_that_others_changed_is_left_alone(tmp_path: Path, damage: str) -> None:
    driver = WireGuard(a_config(tmp_path), NoWire())
    driver.create(an_ask())
    path = tmp_path / "wg-hk.conf"
    good = path.read_text()
    bad = {"extra": good + "\n[Peer]\nPublicKey = x\n", "mark": good + f"\n# {HANDLE} what\n"}.get(damage, damage)
    path.write_text(bad, encoding="latin-1")

    assert driver.create(an_ask(OTHER)) == Refused("wireguard.file_damaged")
    assert path.read_text(encoding="latin-1") == bad


def test_a_folder_that_cannot_be_made_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert WireGuard(a_config(tmp_path / "file" / "wg"), NoWire()).create(an_ask()) == Unknown()


def _create_many(folder: Path, first: int) -> None:
    driver = WireGuard(a_config(folder), NoWire())
    for number in range(first, first + 10):
        driver.create(an_ask(f"hk-{number:032x}"))


def test_processes_at_once_never_share_an_address(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=_create_many, args=(tmp_path, first)) for first in (0, 5, 10)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(PATIENCE)
    peers = parse((tmp_path / "wg-hk.conf").read_text()).peers
    assert len(peers) == len({peer.address for peer in peers}) == len({peer.public for peer in peers}) == 20


PEERS = st.builds(
    Peer,
    handle=st.from_regex(r"hk-[0-9a-f]{8,32}", fullmatch=True),
    device=st.integers(1, 32),
    running=st.booleans(),
    public=st.builds(lambda raw: base64.b64encode(raw).decode(), st.binary(min_size=32, max_size=32)),
    address=st.ip_addresses(v=4).map(str),
    address6=st.one_of(st.just(""), st.ip_addresses(v=6).map(str)),
)


@given(st.lists(PEERS, max_size=5))
def test_what_is_written_is_what_is_read(peers: list[Peer]) -> None:
    server = Server(new_pair().private, 51820, tuple(peers))
    assert parse(render(server)) == server


@given(st.text())
def test_no_other_text_is_taken_for_a_peer_file(text: str) -> None:
    with pytest.raises(DamagedFile):
        parse(text)
