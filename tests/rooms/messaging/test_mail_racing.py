"""Two workers, one mail."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

from django.db import connections

from hostkeep.messaging.actions.delivering import take_mail
from hostkeep.messaging.actions.queueing import queue_mail
from hostkeep.messaging.errors import NotDue
from hostkeep.messaging.models import Mail
from hostkeep.runtime.models import Event
from tests.conftest import make_act
from tests.meeting import PATIENCE

ACT = make_act(purpose="account_messages", brand="vpsfast")


def at_once(workers: int, deed) -> list:
    """Run a deed in so many threads, all at the same moment."""
    start = Barrier(workers)

    def run(_: int):
        try:
            start.wait(PATIENCE)
            return deed()
        except NotDue:
            return None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(run, range(workers)))


def test_a_mail_is_taken_by_one_of_many_workers(committed):
    user = uuid4()
    mail = queue_mail(
        ACT, stream="account", template="account/reset", subject=user, address="login", facts={}, once="race"
    ).mail

    taken = at_once(6, lambda: take_mail(ACT, mail=mail))

    assert len([t for t in taken if t]) == 1
    assert Mail.objects.get().attempts == 1


def test_the_same_wish_at_the_same_moment_is_one_mail(committed):
    user = uuid4()

    done = at_once(
        6,
        lambda: queue_mail(
            ACT, stream="account", template="account/reset", subject=user, address="login", facts={}, once="once"
        ),
    )

    assert len({d.mail for d in done}) == 1
    assert Mail.objects.count() == Event.objects.filter(kind="MailQueued").count() == 1
