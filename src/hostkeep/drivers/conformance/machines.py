"""The exam every provisioner sits, ours and yours: `class TestMine(ProvisionerExam): ...`.

Say how to make your driver against its sandbox and how to count what stands there; the exam asks the rest.
`FakeProvisioner` is the stand-in for tests of what lies above the drivers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

from hostkeep.drivers.machines import Ask, Done, Outcome, Provisioner, Refused, Unknown, Waiting
from hostkeep.drivers.manifest import Manifest
from hostkeep.drivers.wire import HostRefused, LineBroke, Ran, Reply

HANDLE = "hk-00000000000000000000000000000001"
OTHER = "hk-00000000000000000000000000000002"
BAD_HANDLES = ("", "hk-", "web-1", "hk-00000001\nPostUp = id", "hk-../../etc/passwd", "hk-00000001; id")


class NoWire:
    """A wire for drivers that need none: each use is refused."""

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, seconds: float
    ) -> Reply:
        """Refuse.  Raises HostRefused."""
        del method, headers, body, seconds
        raise HostRefused(url)

    def run(self, argv: Sequence[str], *, stdin: bytes, seconds: float) -> Ran:
        """Refuse.  Raises HostRefused."""
        del stdin, seconds
        raise HostRefused(argv[0])


class BrokenWire:
    """A wire whose other end never answers."""

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, seconds: float
    ) -> Reply:
        """Break.  Raises LineBroke."""
        del method, url, headers, body, seconds
        raise LineBroke

    def run(self, argv: Sequence[str], *, stdin: bytes, seconds: float) -> Ran:
        """Break.  Raises LineBroke."""
        del argv, stdin, seconds
        raise LineBroke


class ProvisionerExam:
    """Subclass it in your tests and say how to make your driver against its sandbox.

    spec   what the exam buys; at least one entry that your driver understands
    short  a spec your driver must refuse, or None if it takes any
    """

    spec: Mapping[str, str] = {}
    short: Mapping[str, str] | None = None

    def make(self) -> Provisioner:
        """Return a driver at this test's sandbox; called twice it gives two drivers at one sandbox."""
        raise NotImplementedError

    def make_broken(self) -> Provisioner:
        """Return a driver whose other side does not answer."""
        raise NotImplementedError

    def standing(self, handle: str) -> int:
        """Count what stands at the other side under a handle, running or not, without asking the driver."""
        raise NotImplementedError

    def ask(self, handle: str = HANDLE, *, once: str = "exam-1", **spec: str) -> Ask:
        """Return an ask for the exam's spec, changed by keywords."""
        return Ask(once, handle, {**self.spec, **spec}, {})

    def test_the_manifest_is_of_this_protocol(self) -> None:
        manifest = self.make().manifest
        assert manifest.api == 1
        assert manifest.name
        assert not manifest.discloses, "a provisioner is given handles and sizes, never a person"

    def test_a_created_service_stands_and_runs(self) -> None:
        driver = self.make()
        made = driver.create(self.ask())
        found = driver.look_up(self.ask())

        assert isinstance(made, Done)
        assert isinstance(found, Done)
        assert found.facts == made.facts
        assert self.standing(HANDLE) == 1

    def test_one_key_makes_one_service(self) -> None:
        first, second = self.make().create(self.ask()), self.make().create(self.ask())

        assert isinstance(first, Done)
        assert isinstance(second, Done)
        assert first.facts.get("address") == second.facts.get("address")
        assert self.standing(HANDLE) == 1

    def test_two_services_share_no_address(self) -> None:
        driver = self.make()
        first, second = driver.create(self.ask()), driver.create(self.ask(OTHER, once="exam-2"))

        assert isinstance(first, Done)
        assert isinstance(second, Done)
        if "address" in first.facts:
            assert first.facts["address"] != second.facts["address"]
        assert self.standing(HANDLE) == self.standing(OTHER) == 1

    def test_what_was_never_asked_is_not_there(self) -> None:
        assert self.make().look_up(self.ask()) == Refused("never_asked")

    def test_what_is_not_there_cannot_be_suspended_or_resumed(self) -> None:
        driver = self.make()
        assert driver.suspend(self.ask()) == Refused("never_asked")
        assert driver.resume(self.ask()) == Refused("never_asked")
        assert self.standing(HANDLE) == 0

    def test_suspended_is_stopped_and_resumed_is_back(self) -> None:
        driver = self.make()
        made = driver.create(self.ask())
        assert isinstance(driver.suspend(self.ask()), Done)
        assert driver.look_up(self.ask()) == Refused("stopped")
        assert isinstance(driver.suspend(self.ask()), Done), "twice is once"
        assert self.standing(HANDLE) == 1

        back = driver.resume(self.ask())
        assert isinstance(back, Done)
        assert isinstance(made, Done)
        assert back.facts.get("address") == made.facts.get("address")
        assert isinstance(driver.resume(self.ask()), Done), "twice is once"
        assert isinstance(driver.look_up(self.ask()), Done)

    def test_terminated_is_gone_and_twice_is_once(self) -> None:
        driver = self.make()
        driver.create(self.ask())
        assert isinstance(driver.terminate(self.ask()), Done)
        assert self.standing(HANDLE) == 0
        assert driver.look_up(self.ask()) == Refused("never_asked")
        assert isinstance(driver.terminate(self.ask()), Done)

    def test_a_suspended_service_can_be_terminated(self) -> None:
        driver = self.make()
        driver.create(self.ask())
        driver.suspend(self.ask())
        assert isinstance(driver.terminate(self.ask()), Done)
        assert self.standing(HANDLE) == 0

    def test_a_spec_that_cannot_be_is_refused_and_leaves_nothing(self) -> None:
        if self.short is None:
            return
        assert isinstance(self.make().create(self.ask(**self.short)), Refused)
        assert self.standing(HANDLE) == 0

    def test_a_handle_that_is_not_ours_is_refused(self) -> None:
        driver = self.make()
        for handle in BAD_HANDLES:
            for verb in (driver.create, driver.suspend, driver.resume, driver.terminate, driver.look_up):
                assert verb(self.ask(handle)) == Refused("handle.unknown"), handle

    def test_a_broken_line_is_honest_ignorance(self) -> None:
        driver = self.make_broken()
        for verb in (driver.create, driver.suspend, driver.resume, driver.terminate, driver.look_up):
            assert verb(self.ask()) == Unknown(), verb.__name__

    def test_no_fact_holds_a_secret(self) -> None:
        made = self.make().create(self.ask())
        assert isinstance(made, Done)
        shown = "\n".join(made.facts.values())
        for secret in made.secrets.values():
            assert secret not in shown
            keys = [line.split(" = ")[1] for line in secret.splitlines() if line.startswith("PrivateKey = ")]
            assert not [key for key in keys if key in shown]


Trick = Literal["act", "lose", "drop", "wait", "refuse"]


class FakeProvisioner:
    """A provisioner in memory that does what it is told, and otherwise what it is asked.

    tricks  what becomes of the next asks, in order: "act" (the default), "lose" (acts, but the answer is
            lost), "drop" (does not act, and no answer comes), "wait" and "refuse"
    asked   what was asked, in order: (verb, key)
    made    how often a service was made under each handle
    """

    manifest: ClassVar[Manifest] = Manifest("fake", 1)

    def __init__(self, tricks: Sequence[Trick] = ()) -> None:
        self.tricks = list(tricks)
        self.asked: list[tuple[str, str]] = []
        self.made: dict[str, int] = {}
        self._standing: dict[str, bool] = {}

    def create(self, ask: Ask) -> Outcome:
        """Make it, once, with a new secret at each call."""
        return self._play("create", ask, running=True)

    def suspend(self, ask: Ask) -> Outcome:
        """Stop it."""
        return self._play("suspend", ask, running=False)

    def resume(self, ask: Ask) -> Outcome:
        """Start it."""
        return self._play("resume", ask, running=True)

    def terminate(self, ask: Ask) -> Outcome:
        """Forget it."""
        return self._play("terminate", ask, running=None)

    def look_up(self, ask: Ask) -> Outcome:
        """Tell."""
        self.asked.append(("look_up", ask.once))
        running = self._standing.get(ask.handle)
        if running is None:
            return Refused("never_asked")
        return Done(self._facts(ask), {}) if running else Refused("stopped")

    def _play(self, verb: str, ask: Ask, *, running: bool | None) -> Outcome:
        self.asked.append((verb, ask.once))
        trick: Trick = self.tricks.pop(0) if self.tricks else "act"
        if trick == "wait":
            return Waiting("queued")
        if trick == "refuse":
            return Refused("capacity.full")
        if trick != "drop":
            self._act(ask.handle, running=running)
        if trick != "act":
            return Unknown()
        secrets = {"access": f"secret {len(self.asked)}"} if verb == "create" else {}
        return Done(self._facts(ask), secrets)

    def _act(self, handle: str, *, running: bool | None) -> None:
        if running is None:
            self._standing.pop(handle, None)
            return
        if handle not in self._standing:
            self.made[handle] = self.made.get(handle, 0) + 1
        self._standing[handle] = running

    def _facts(self, ask: Ask) -> Mapping[str, str]:
        places = sorted(self.made)
        return {"address": f"192.0.2.{places.index(ask.handle) + 1}"} if ask.handle in places else {}
