"""Seeing a mail through: taken once, answered once, woken when it is due."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from hostkeep.drivers.mail import Bounced, Later, Taken
from hostkeep.kernel.ids import MailId
from hostkeep.messaging.actions.delivering import record_outcome, refuse_mail, take_mail, wake_mail
from hostkeep.messaging.actions.queueing import queue_mail
from hostkeep.messaging.errors import AlreadySettled, NoSuchMail, NotDue
from hostkeep.messaging.models import Mail
from hostkeep.messaging.queries import due_mail, mail
from hostkeep.messaging.rules.delivery import LEASE, WAITS, State
from hostkeep.runtime.models import Event
from tests.conftest import NOON, make_act

pytestmark = pytest.mark.django_db


def act(minutes: float = 0):
    return make_act(purpose="account_messages", brand="vpsfast", at=NOON + timedelta(minutes=minutes))


@pytest.fixture
def waiting() -> MailId:
    user = uuid4()
    return queue_mail(
        act(), stream="account", template="account/reset", subject=user, address="login", facts={}, once=str(user)
    ).mail


def test_a_mail_is_taken_once_and_sent(waiting):
    assert take_mail(act(), mail=waiting).state is State.HANDING_OVER
    with pytest.raises(NotDue):
        take_mail(act(), mail=waiting)

    record_outcome(act(1), mail=waiting, outcome=Taken("250 ok"))

    row = Mail.objects.get()
    assert (row.state, row.proof, row.attempts, row.due_at) == ("sent", "250 ok", 1, None)
    assert row.handed_over_at == NOON + timedelta(minutes=1)
    for outcome in (Taken("250 again"), Later("421"), Bounced("550")):
        with pytest.raises(AlreadySettled):
            record_outcome(act(2), mail=waiting, outcome=outcome)


def test_later_waits_longer_each_time_and_ends_as_bounced(waiting):
    at = 0.0
    for wait in WAITS:
        take_mail(act(at), mail=waiting)
        record_outcome(act(at), mail=waiting, outcome=Later("450 4.2.0"))
        assert mail(waiting).due_at == NOON + timedelta(minutes=at) + wait
        at += wait / timedelta(minutes=1)
        with pytest.raises(NotDue):
            take_mail(act(at), mail=waiting)
        with pytest.raises(NotDue):
            wake_mail(act(at - 0.5), mail=waiting)
        wake_mail(act(at), mail=waiting)
    take_mail(act(at), mail=waiting)

    assert record_outcome(act(at), mail=waiting, outcome=Later("no_tls")).state is State.BOUNCED
    assert Mail.objects.get().last_code == "expired"


def test_a_bounce_is_final(waiting):
    take_mail(act(), mail=waiting)
    record_outcome(act(), mail=waiting, outcome=Bounced("550 5.1.1"))

    assert Mail.objects.get().last_code == "550 5.1.1"
    for deed in (take_mail, wake_mail):
        with pytest.raises(NotDue):
            deed(act(10_000), mail=waiting)


def test_a_hand_over_that_was_never_heard_of_is_woken_after_its_lease_under_its_own_brand(waiting):
    token = mail(waiting).token
    take_mail(act(), mail=waiting)
    late = LEASE / timedelta(minutes=1)
    assert due_mail(act(late - 1).at, most=9) == ()
    assert due_mail(act(late).at, most=9) == (waiting,)

    wake_mail(make_act(brand="", at=act(late).at), mail=waiting)

    assert mail(waiting).state is State.QUEUED and mail(waiting).token == token
    assert due_mail(act(late).at, most=9) == ()
    assert list(Event.objects.filter(kind="MailQueued").values_list("brand", flat=True)) == ["vpsfast"] * 2


def test_an_answer_that_comes_after_the_lease_still_counts(waiting):
    take_mail(act(), mail=waiting)
    wake_mail(act(15), mail=waiting)
    record_outcome(act(16), mail=waiting, outcome=Taken("250 late"))

    with pytest.raises(NotDue):
        take_mail(act(17), mail=waiting)


def test_a_queued_mail_can_be_refused_and_one_in_other_hands_cannot(waiting):
    take_mail(act(), mail=waiting)
    with pytest.raises(NotDue):
        refuse_mail(act(), mail=waiting, code="VF-4")
    wake_mail(act(15), mail=waiting)

    assert refuse_mail(act(15), mail=waiting, code="VF-4").state is State.REFUSED
    assert Mail.objects.get().last_code == "VF-4"


def test_no_such_mail():
    with pytest.raises(NoSuchMail):
        take_mail(act(), mail=MailId(uuid4()))
    with pytest.raises(NoSuchMail):
        mail(MailId(uuid4()))


def test_the_database_knows_the_states(waiting):
    with pytest.raises(IntegrityError), transaction.atomic():
        Mail.objects.update(state="lost")


def ways(deed) -> int:
    """Do a deed; return how many texts went to the server for it, savepoints left out."""
    with CaptureQueriesContext(connection) as asked:
        deed()
    return len([each for each in asked if "SAVEPOINT" not in each["sql"]])


def test_a_mail_goes_its_way_with_two_texts_to_the_server_each_step():
    """It is written or locked; then all that its deed has to say goes at once."""
    wish = dict(stream="account", template="account/reset", subject=uuid4(), address="login", facts={})
    for once in ("first", "second"):  # by the second one every query is written
        assert ways(lambda once=once: queue_mail(act(), **wish, once=once)) <= (9 if once == "first" else 2)
    queued = Mail.objects.get(once="second").id
    assert ways(lambda: take_mail(act(), mail=queued)) == 2
    assert ways(lambda: record_outcome(act(1), mail=queued, outcome=Taken("250 ok"))) == 2
    assert Mail.objects.get(id=queued).state == "sent"


def test_who_goes_a_mails_way_twice_in_one_transaction_is_told_where_it_stands(waiting):
    """Each deed writes as it ends, not where the transaction around it does."""
    with transaction.atomic():
        take_mail(act(), mail=waiting)
        with pytest.raises(NotDue):
            take_mail(act(), mail=waiting)
        record_outcome(act(1), mail=waiting, outcome=Taken("250 ok"))
        assert mail(waiting).state is State.SENT
