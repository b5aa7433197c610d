"""Into the outbox: what is kept of a mail, and what is refused."""

from uuid import UUID, uuid4

import pytest
from django.forms.models import model_to_dict

from hostkeep.kernel.ids import AccountId, BrandId, SubjectId
from hostkeep.messaging.actions.choosing import stop_stream, want_stream
from hostkeep.messaging.actions.queueing import queue_mail
from hostkeep.messaging.errors import CannotStop, NoSuchStream, OtherContent
from hostkeep.messaging.models import Mail
from hostkeep.messaging.queries import choices_of, mail, mail_of, preferences_of
from hostkeep.messaging.rules.delivery import State
from hostkeep.runtime.models import Event
from tests.conftest import NOON, make_act

pytestmark = pytest.mark.django_db

ACT = make_act(purpose="account_messages", brand="vpsfast")
PERSON = make_act("visitor", "account", brand="vpsfast")
USER = UUID("00000000-0000-4000-8000-000000000001")


def queued(once="k1", act=ACT, **said):
    parts = {"stream": "billing", "template": "billing/invoice", "subject": USER, "address": "login"}
    return queue_mail(act, **{**parts, "facts": {"invoice": str(USER)}, **said}, once=once)


def test_a_mail_is_its_envelope_and_the_name_of_its_template():
    account = uuid4()

    done = queued(facts={"invoice": str(USER), "account": str(account), "language": "vi"})

    row = mail(done.mail)
    assert (row.brand, row.stream, row.template, row.language) == ("vpsfast", "billing", "billing/invoice", "vi")
    assert (row.state, row.attempts, row.account, row.due_at) == (State.QUEUED, 0, account, None)
    assert len(row.token) == 32 and row.token != done.mail.hex
    assert Event.objects.filter(kind="MailQueued", body={"mail": str(done.mail)}, brand="vpsfast").count() == 1
    kept = model_to_dict(Mail.objects.get())
    assert not [v for v in kept.values() if isinstance(v, str) and "@" in v]


def test_the_same_key_gets_the_same_answer_and_one_event():
    first = queued()

    assert queued() == first
    assert Event.objects.filter(kind="MailQueued").count() == 1


@pytest.mark.parametrize(
    "other", [{"template": "billing/paid"}, {"subject": uuid4()}, {"facts": {"invoice": str(uuid4())}}, {"address": "7"}]
)
def test_another_content_under_the_same_key_is_refused(other):
    queued()

    with pytest.raises(OtherContent):
        queued(**other)
    assert Mail.objects.count() == 1


def test_a_stream_the_policy_does_not_declare_is_refused_by_its_clause():
    with pytest.raises(NoSuchStream) as no:
        queued(stream="partner_offers")

    assert no.value.clause.startswith("VF-")
    assert not Mail.objects.exists() and not Event.objects.filter(kind="MailQueued").exists()


@pytest.mark.parametrize("address", ["ann@example.test", "", "Login", "٣"])
def test_an_address_never_enters_the_outbox(address):
    with pytest.raises(ValueError, match="names where to look"):
        queued(address=address)
    assert not Mail.objects.exists()


def test_a_language_the_brand_does_not_speak_becomes_its_first():
    done = queued(facts={"invoice": str(USER), "language": "fr"})

    assert mail(done.mail).language == "en"


def test_an_accounts_history_is_its_own_and_newest_first():
    mine, other = AccountId(uuid4()), AccountId(uuid4())
    for number in range(3):
        queued(f"m{number}", facts={"invoice": str(uuid4()), "account": str(mine)})
    queued("o", facts={"invoice": str(uuid4()), "account": str(other)})

    history = mail_of(mine)

    assert len(history) == 3 and {row.state for row in history} == {State.QUEUED}
    assert len(mail_of(mine, most=2)) == 2


def test_the_last_word_on_a_stream_counts_and_the_earlier_ones_stay():
    person = SubjectId(uuid4())
    want_stream(PERSON, subject=person, stream="newsletter", how="signup")
    stop_stream(PERSON, subject=person, stream="announcements", how="one_click")
    stop_stream(PERSON, subject=person, stream="newsletter", how="client_area")

    assert choices_of(person, brand=BrandId("vpsfast")) == {"newsletter": False, "announcements": False}
    assert choices_of(person, brand=BrandId("vps6")) == {}


def test_preferences_show_every_stream_of_the_policy_with_its_default():
    from hostkeep.brands.queries import policy_in_force

    person = SubjectId(uuid4())
    want_stream(PERSON, subject=person, stream="newsletter", how="client_area")

    rows = {row.stream: row for row in preferences_of(person, policy=policy_in_force(BrandId("vpsfast"), NOON))}

    assert rows["account"].wanted and not rows["account"].can_stop
    assert rows["newsletter"].wanted and rows["newsletter"].chosen
    assert rows["announcements"].wanted and not rows["announcements"].chosen
    assert rows["account"].clause.startswith("VF-")


def test_what_belongs_to_the_account_cannot_be_stopped():
    with pytest.raises(CannotStop):
        stop_stream(PERSON, subject=SubjectId(uuid4()), stream="account", how="client_area")
    with pytest.raises(NoSuchStream):
        want_stream(PERSON, subject=SubjectId(uuid4()), stream="offers", how="client_area")
