"""Taken back or erased while it is being handed over: either nothing leaves, or whoever takes it back comes after.

Every deed runs on connections of its own, and every commit is real.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import OperationalError, connections, transaction

from hostkeep.kernel.ids import CategoryId, PurposeId, SubjectId
from hostkeep.people.models import Account
from hostkeep.runtime import clock
from hostkeep.vault import consenting, consents, disclosing, door, erasing, grounds, looks, objecting, objections, retention
from hostkeep.vault.disclosing import Approval, NotDisclosed
from tests.conftest import make_act
from tests.meeting import PATIENCE
from tests.rooms.brands.announcements import announce, changed
from tests.rooms.vault.test_disclosing import LEGAL, SERVICE, as_job, as_owner, dies_in, entries, hands, joins, permits, rows, two_people

pytestmark = pytest.mark.usefixtures("committed")

ACCOUNT = frozenset({"account"})
TAKEN_BACK = {"purpose": SERVICE, "recipient": "moving_partner", "how": "client_area"}
MADE, REFUSED = "vault.disclosure.made", "vault.disclosure.refused"
NEWS = PurposeId("announcements")
A_LETTER_SHOP = (
    "    authority:\n",
    "    letter_shop:\n"
    "      label: {en: \"A letter shop\", vi: \"Nơi gửi thư\"}\n"
    "      basis: service\n      categories: [name, email]\n      purposes: [announcements]\n"
    "    authority:\n",
)


class Beside:
    """A deed on a thread of its own, as another request does it."""

    def __init__(self, deed: Callable[[], object]) -> None:
        self._deed, self.raised = deed, list[BaseException]()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._deed()
        except BaseException as error:  # noqa: BLE001  told to the test
            self.raised.append(error)
        finally:
            for alias in ("default", "audit"):
                connections[alias].close()

    def waits(self, seconds: float = 0.7) -> bool:
        self._thread.join(seconds)
        return self._thread.is_alive()

    def ended(self) -> list[BaseException]:
        assert not self.waits(PATIENCE)
        return self.raised


@contextmanager
def uncommitted(deed: Callable[[], object]) -> Iterator[None]:
    """Another request has done this, and commits when the block ends."""
    done, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            deed()
            done.set()
            assert go_on.wait(PATIENCE)

    beside = Beside(hold)
    assert done.wait(PATIENCE)
    yield
    go_on.set()
    assert beside.ended() == []


def withdraws(ann: SubjectId) -> Callable[[], object]:
    return lambda: consenting.withdraw(as_owner(ann), subject=ann, **TAKEN_BACK)


def erases(ann: SubjectId) -> Callable[[], object]:
    return lambda: erasing.erase(as_job(), subject=ann, classes=ACCOUNT, why="request")


def stopped(beside: Beside) -> str:
    (no,) = beside.ended()
    assert isinstance(no, NotDisclosed), no
    return str(no.facts["why"])


@pytest.fixture
def ann(committed: str) -> SubjectId:
    subject = joins("vpsfast")
    permits(subject)
    return subject


def while_it_is_registered(monkeypatch: pytest.MonkeyPatch, deed: Callable[[], object]) -> list[Beside]:
    """Do a deed beside the hand-over, when all was looked at and opened and nothing is registered yet."""
    begun, as_before = list[Beside](), disclosing._register

    def register(*given: object) -> None:
        if not begun:
            begun.append(Beside(deed))
            assert begun[0].waits(), "it was done although a hand-over is under way: this one stands on nothing"
        as_before(*given)

    monkeypatch.setattr(disclosing, "_register", register)
    return begun


def test_a_consent_that_is_being_withdrawn_is_waited_for_and_stops_the_package(ann: SubjectId) -> None:
    with uncommitted(withdraws(ann)):
        beside = Beside(lambda: hands(as_job(), ann))
        assert beside.waits(), "it did not wait for the word that is being said"

    assert stopped(beside) == "no_consent"
    assert rows(ann) == [("refused", "moving_partner")]
    assert entries(MADE, ann) == []
    assert entries(REFUSED, ann) == [("email", "VF-8"), ("name", "VF-8")]
    assert [row.state for row in disclosing.disclosures_of(as_owner(ann), subject=ann)] == ["refused"]
    assert MADE not in {row.verb for row in looks.looks_of(as_owner(ann), subject=ann)}


def test_who_withdraws_while_a_package_is_registered_comes_after_it(ann: SubjectId, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = while_it_is_registered(monkeypatch, withdraws(ann))

    assert set(hands(as_job(), ann).fields) == {"name", "email"}
    assert begun[0].ended() == []

    assert not consents.standing(brand=as_job().brand, subject=ann, purpose=SERVICE, at=as_job().at, recipient="moving_partner")
    assert rows(ann) == [("handed", "moving_partner")]
    with pytest.raises(NotDisclosed):
        hands(as_job(), ann)


def test_what_is_being_erased_is_waited_for_and_does_not_leave(ann: SubjectId) -> None:
    with uncommitted(erases(ann)):
        beside = Beside(lambda: hands(as_job(), ann))
        assert beside.waits(), "it did not wait for the keys"

    assert stopped(beside) == "nothing_held"
    assert (rows(ann), entries(MADE, ann)) == ([("refused", "moving_partner")], [])


def test_what_is_being_switched_off_is_waited_for_and_does_not_leave() -> None:
    ann = joins("vps6")
    permits(ann, "vps6")
    with uncommitted(lambda: retention.fire(as_job("vps6"), subject=ann, event="account.closed")):
        beside = Beside(lambda: hands(as_job("vps6"), ann))
        assert beside.waits(), "it did not wait for the keys"

    assert stopped(beside) == "deactivated"
    assert (rows(ann), entries(MADE, ann)) == ([("refused", "moving_partner")], [])


def test_who_erases_while_a_package_is_registered_comes_after_it(ann: SubjectId, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = while_it_is_registered(monkeypatch, erases(ann))

    assert set(hands(as_job(), ann).fields) == {"name", "email"}
    assert begun[0].ended() == []

    assert door.reveal(as_job(), subject=ann, category=CategoryId("name")) is None
    assert rows(ann) == [("handed", "moving_partner")]


# -- what another room says ------------------------------------------------------------------------------------


@pytest.fixture
def case(monkeypatch: pytest.MonkeyPatch) -> SubjectId:
    """Somebody at vpn, and a case of theirs that is open as long as its row says so, in a room above."""
    monkeypatch.setattr(grounds, "_checkers", {})
    subject = joins("vpn")
    row = Account.objects.create(brand="vpn", number="case7", subject=subject, opened_at=clock.now())

    def says(_act: object, asked: grounds.Asked) -> Approval | None:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT state FROM people_account WHERE id = %s FOR SHARE", [asked.ticket])
            found = cursor.fetchone()
        return two_people() if found == ("open",) else None

    disclosing.approved_by("legal_request", says)
    monkeypatch.setitem(LEGAL, "ticket", str(row.id))
    return subject


def ends_case() -> object:
    return Account.objects.filter(number="case7").update(state="closed")


def by_case(subject: SubjectId) -> disclosing.Package:
    return hands(make_act("privacy", "rights", brand="vpn"), subject, **LEGAL, reason="court order")


def test_a_case_that_is_being_closed_is_waited_for_and_nothing_leaves(case: SubjectId) -> None:
    with uncommitted(ends_case):
        beside = Beside(lambda: by_case(case))
        assert beside.waits(), "it did not wait for the room's word"
    assert stopped(beside) == "not_approved"
    assert rows(case) == [("refused", "law_enforcement")]


def test_who_closes_a_case_while_a_package_is_registered_comes_after_it(case: SubjectId, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = while_it_is_registered(monkeypatch, ends_case)
    assert set(by_case(case).fields) == {"email"}
    assert begun[0].ended() == []
    assert rows(case) == [("handed", "law_enforcement")]
    with pytest.raises(NotDisclosed):
        by_case(case)


def test_a_value_that_is_being_corrected_leaves_as_it_was_or_as_it_is_and_never_torn(ann: SubjectId) -> None:
    new = "ann.new@example.test"
    with uncommitted(lambda: door.put(as_owner(ann).for_purpose(PurposeId("account")), subject=ann, category=CategoryId("email"), value=new)):
        packages = []
        beside = Beside(lambda: packages.append(hands(as_job(), ann, once="one")))
        assert beside.waits()
    assert beside.ended() == []
    assert packages[0].fields["email"] == new
    assert hands(as_job(), ann, once="one").digest == packages[0].digest
    assert rows(ann) == [("handed", "moving_partner")]


def test_the_register_is_not_written_once_what_was_held_is_let_go(ann: SubjectId, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server ends the connection that holds, as it does with one that sits idle for too long."""
    as_before = disclosing._enter

    def enter(*given: object, **more: object) -> None:
        as_before(*given, **more)
        held_by = connections["default"].connection.info.backend_pid
        with connections["audit"].cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [held_by])

    monkeypatch.setattr(disclosing, "_enter", enter)
    with pytest.raises(OperationalError):
        hands(as_job(), ann)
    connections["default"].close()
    assert (rows(ann), entries(MADE, ann)) == ([], [])


@pytest.mark.parametrize("at", ["_register", "_enter"])
def test_killed_before_the_commit_neither_book_nor_register_has_it_and_nothing_stays_locked(ann: SubjectId, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    as_before = getattr(disclosing, at)

    def dies(*given: object, **more: object) -> None:
        if at == "_enter":
            as_before(*given, **more)
        os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(disclosing, at, dies)
    dies_in(lambda: hands(as_job(), ann, once="one"))
    monkeypatch.undo()
    assert (rows(ann), entries(MADE, ann)) == ([], [])

    hands(as_job(), ann, once="one")
    assert rows(ann) == [("handed", "moving_partner")]
    assert len(entries(MADE, ann)) == 2
    withdraws(ann)()


def test_two_hand_overs_under_one_consent_do_not_wait_for_one_another(ann: SubjectId, monkeypatch: pytest.MonkeyPatch) -> None:
    met, as_before = threading.Barrier(2), disclosing._register

    def together(*given: object) -> None:
        met.wait(PATIENCE)
        as_before(*given)

    monkeypatch.setattr(disclosing, "_register", together)
    beside = [Beside(lambda: hands(as_job(), ann)) for _ in range(2)]
    assert [each.ended() for each in beside] == [[], []]
    assert rows(ann) == [("handed", "moving_partner")] * 2


@pytest.mark.parametrize("purpose", [NEWS, objections.RESTRICTION], ids=["objection", "restriction"])
def test_an_objection_that_is_being_made_is_waited_for_and_stops_the_package(monkeypatch: pytest.MonkeyPatch, purpose: PurposeId) -> None:
    monkeypatch.setattr(grounds, "_checkers", {"service": lambda _act, asked: Approval(asked.categories)})
    announce("vpsfast", changed("vpsfast", A_LETTER_SHOP))
    at = clock.now() + timedelta(minutes=1)
    ann, act = joins("vpsfast", at), as_job(at=at)
    more = {"recipient": "letter_shop", "purpose": NEWS, "ticket": "t"}
    assert set(hands(act, ann, **more).fields) == {"name", "email"}

    with uncommitted(lambda: objecting._say(as_owner(ann, at=at), ann, purpose, "client_area")):
        beside = Beside(lambda: hands(act, ann, **more))
        assert beside.waits(), "it did not wait for the word that is being said"

    assert stopped(beside) == "objected"
    assert sorted(rows(ann)) == [("handed", "letter_shop"), ("refused", "letter_shop")]


def test_another_persons_word_and_another_recipients_are_not_waited_for(ann: SubjectId) -> None:
    binh = joins("vpsfast")
    permits(binh)
    with uncommitted(withdraws(binh)):
        beside = Beside(lambda: hands(as_job(), ann))
        assert beside.ended() == []
    assert rows(ann) == [("handed", "moving_partner")]
