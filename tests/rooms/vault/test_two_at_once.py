"""Two requests at one moment: the first key, the same value, an archive that loses nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from uuid import uuid4

from django.db import connections, transaction

from hostkeep.kernel.ids import CategoryId, SubjectId
from hostkeep.vault import archive, boxes, door
from hostkeep.vault.models import Item, SubjectKey
from hostkeep.vault.wall import opened
from tests.conftest import make_act
from tests.meeting import PATIENCE

EMAIL, LANGUAGE = CategoryId("email"), CategoryId("language")


def at_once(*deeds: Callable[[], object]) -> list[BaseException]:
    """Run deeds in threads that start together; return what they raised."""
    gate, raised = threading.Barrier(len(deeds)), list[BaseException]()

    def run(deed: Callable[[], object]) -> None:
        try:
            gate.wait(PATIENCE)
            deed()
        except BaseException as error:  # noqa: BLE001  told to the test
            raised.append(error)
        finally:
            for alias in ("default", "audit"):
                connections[alias].close()

    threads = [threading.Thread(target=run, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    return raised


def puts(subject: SubjectId, value: str, category: CategoryId = EMAIL) -> Callable[[], object]:
    act = make_act("customer", "account", brand="vpn", own=subject)
    return lambda: door.put(act, subject=subject, category=category, value=value)


def now(subject: SubjectId, category: CategoryId = EMAIL) -> str | None:
    act = make_act("customer", "account", brand="vpn", own=subject)
    return door.use(act, subject=subject, category=category, fn=str)


def test_two_first_values_make_one_key_and_both_open(committed: str) -> None:
    for _ in range(5):
        subject = SubjectId(uuid4())
        assert at_once(puts(subject, "ann@example.test"), puts(subject, "vi", LANGUAGE)) == []

        with opened():
            assert SubjectKey.objects.filter(subject=subject).count() == 1
        assert (now(subject), now(subject, LANGUAGE)) == ("ann@example.test", "vi")


def test_two_values_of_one_slot_leave_one_that_opens(committed: str) -> None:
    for _ in range(5):
        subject = SubjectId(uuid4())
        assert at_once(*(puts(subject, f"{n}@example.test") for n in range(3))) == []

        with opened():
            assert Item.objects.filter(subject=subject, why="").count() == 1
        assert now(subject) in {"0@example.test", "1@example.test", "2@example.test"}


def test_three_changes_at_once_leave_every_old_value_in_the_archive(committed: str) -> None:
    subject = SubjectId(uuid4())
    puts(subject, "first@example.test")()

    assert at_once(*(puts(subject, f"{n}@example.test") for n in range(3))) == []

    rows = archive.archived(
        make_act("billing", "dispute", brand="vpn"), subject=subject, category=EMAIL, reason="a charge-back"
    )
    everything = {row.value.open() for row in rows} | {now(subject)}
    assert everything == {"first@example.test", *(f"{n}@example.test" for n in range(3))}
    assert len(rows) == 3


def test_what_is_put_while_its_key_is_destroyed_is_refused_or_gone_with_it(committed: str) -> None:
    for _ in range(5):
        subject = SubjectId(uuid4())
        puts(subject, "ann@example.test")()

        def destroys(whose: SubjectId = subject) -> None:
            with transaction.atomic(), opened():
                SubjectKey.objects.filter(subject=whose).update(state="destroyed", wrapped=None)
                Item.objects.filter(subject=whose).delete()

        raised = at_once(destroys, puts(subject, "vi", LANGUAGE))

        assert all(isinstance(error, boxes.KeyDestroyed) for error in raised)
        with opened():
            left = Item.objects.filter(subject=subject)
            assert not left.exists()
        assert now(subject, LANGUAGE) is None
