"""A mail's way out: written at the last moment, under the policy and the choices as they stand then."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress

from hostkeep.adapters.mailers.smtp.mailer import Smtp
from hostkeep.brands.queries import brand
from hostkeep.drivers.mail import Bounced, Later, Letter, Outcome, Taken
from hostkeep.drivers.manifest import Manifest
from hostkeep.faces.demo.mail_folder import kept_mails
from hostkeep.flows import disputing, mail_contents
from hostkeep.flows.mailing import on_mail_queued, sweep_due
from hostkeep.kernel.ids import BrandId, CategoryId, SubjectId
from hostkeep.messaging import links
from hostkeep.messaging.actions.choosing import stop_stream, want_stream
from hostkeep.messaging.actions.delivering import take_mail
from hostkeep.messaging.actions.queueing import queue_mail
from hostkeep.messaging.calls import handing
from hostkeep.messaging.events import MailQueued
from hostkeep.messaging.models import Mail
from hostkeep.messaging.rules.catalogue import TEMPLATES
from hostkeep.people.models import User
from hostkeep.promises import alarm_mail
from hostkeep.runtime import brand as running_brand
from hostkeep.vault import door
from tests.conftest import NOON, make_act
from tests.meeting import PATIENCE, until

pytestmark = pytest.mark.django_db


class FakeMailer:
    """Takes letters; `answers` says what it answers first, then it takes all."""

    manifest = Manifest("fake", 1, discloses=frozenset({"email"}))

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.answers: list[Outcome] = []

    def hand_over(self, letter: Letter) -> Outcome:
        self.letters.append(letter)
        return self.answers.pop(0) if self.answers else Taken("250 kept")

    def read(self, number: int = -1):
        return message_from_bytes(self.letters[number].body, policy=policy.default)


@pytest.fixture
def mailer(monkeypatch) -> Iterator[FakeMailer]:
    fake = FakeMailer()
    monkeypatch.setattr(handing, "_makers", [lambda _brand: fake])
    monkeypatch.setattr(
        links, "_makers", {k: lambda ref, k=k: f"/{k}/{ref}/fresh/" for k in ("account/confirm", "account/reset")}
    )
    return fake


def login(address: str, shop: str = "vpsfast") -> SimpleNamespace:
    with running_brand.during(BrandId(shop)):
        user = User.objects.create(brand=shop, created_at=NOON)
        row = EmailAddress.objects.create(user=user, email=address, verified=True, primary=True)
    return SimpleNamespace(id=user.id, subject=SubjectId(user.subject), row=str(row.pk))


def queue(user, template="account/reset", *, shop="vpsfast", address="login", once="k", **facts) -> MailQueued:
    act = make_act(purpose="authentication", brand=shop)
    done = queue_mail(
        act, stream="account", template=template, subject=user.id, address=address, facts=facts, once=once
    )
    return MailQueued(done.mail)


def carry(event: MailQueued, minutes: float = 0) -> Mail:
    on_mail_queued(make_act(brand="", at=NOON + timedelta(minutes=minutes)), event)
    return Mail.objects.get(id=event.mail)


def test_a_mail_is_written_as_it_leaves_and_says_why_it_came(mailer):
    ann = login("Ann@example.test")

    event = queue_mail(
        make_act(purpose="authentication", brand="vpsfast"), stream="account", template="account/confirm",
        subject=ann.id, address=ann.row, facts={"address": ann.row, "language": "en"}, once="c",
    )  # fmt: skip
    row = carry(MailQueued(event.mail), 1)

    assert (row.state, row.proof, row.attempts) == ("sent", "250 kept", 1)
    letter, read = mailer.letters[0], mailer.read()
    assert letter.to.lower() == "ann@example.test"
    assert read["Subject"] == f"Confirm your address for {brand(BrandId('vpsfast')).name}"
    assert read["X-Hostkeep-Brand"] == "vpsfast" and read["Message-ID"].startswith(f"<{row.token}@")
    assert read["Date"].datetime == NOON + timedelta(minutes=1)
    for form in ("plain", "html"):
        said = read.get_body((form,)).get_content()
        assert f"/account/confirm/{ann.row}/fresh/" in said
        assert "VF-" in said and "because this address was given" in said and "no tracking" in said


def test_a_mail_is_in_the_language_it_was_asked_in(mailer):
    binh = login("binh@example.test", "vietnam-server")

    carry(queue(binh, shop="vietnam-server", language="vi"))

    assert mailer.read()["Content-Language"] == "vi"
    assert 'lang="vi"' in mailer.read().get_body(("html",)).get_content()


def test_an_event_that_comes_twice_sends_once(mailer):
    event = queue(login("ann@example.test"))

    carry(event)
    carry(event)

    assert len(mailer.letters) == 1


def test_later_is_tried_again_with_the_same_message_id_and_a_fresh_link(mailer):
    mailer.answers = [Later("450 4.2.0"), Bounced("550 5.1.1")]
    event = queue(login("ann@example.test"))

    assert carry(event).state == "deferred"
    assert sweep_due(make_act(brand="", at=NOON)) == 0
    assert sweep_due(make_act(brand="", at=NOON + timedelta(minutes=1))) == 1
    row = carry(event, 1)

    assert (row.state, row.last_code, row.attempts) == ("bounced", "550 5.1.1", 2)
    assert mailer.read(0)["Message-ID"] == mailer.read(1)["Message-ID"]


def test_a_mail_whose_worker_died_goes_out_again_with_the_same_message_id(mailer):
    event = queue(login("ann@example.test"))
    take_mail(make_act(brand="vpsfast"), mail=event.mail)  # ... and then nothing was heard

    assert carry(event).state == "handing_over"
    sweep_due(make_act(brand="", at=NOON + timedelta(minutes=15)))
    row = carry(event, 15)

    assert row.state == "sent" and row.token in mailer.read()["Message-ID"]


def test_a_gone_login_is_refused_and_nothing_leaves(mailer):
    row = carry(queue(SimpleNamespace(id=uuid4())))

    assert (row.state, row.last_code) == ("refused", "people.user.none")
    assert mailer.letters == []


def test_a_person_who_says_no_gets_nothing_that_already_waits(mailer):
    ann = login("ann@example.test")
    act = make_act("customer", "account", brand="vpsfast", own=ann.subject)
    want_stream(act, subject=ann.subject, stream="newsletter", how="client_area")
    done = queue_mail(
        act, stream="newsletter", template="account/already", subject=ann.id, address="login", facts={}, once="n"
    )
    stop_stream(act, subject=ann.subject, stream="newsletter", how="client_area")

    row = carry(MailQueued(done.mail))

    assert row.state == "refused" and row.last_code.startswith("VF-")
    assert mailer.letters == []


def test_an_address_in_the_vault_is_reached_through_the_door(mailer):
    person = SimpleNamespace(id=uuid4())
    act = make_act(purpose="account_messages", brand="vpsfast")
    door.put(act, subject=SubjectId(person.id), category=CategoryId("email"), value="ann@example.test")

    row = carry(queue(person, address="contact", once="v"))
    gone = carry(queue(SimpleNamespace(id=uuid4()), address="contact", once="w"))

    assert row.state == "sent" and mailer.letters[0].to == "ann@example.test"
    assert (gone.state, gone.last_code) == ("refused", "messaging.address.gone")
    assert len(mailer.letters) == 1


def test_a_mail_that_cannot_be_written_is_not_taken(mailer, monkeypatch):
    def broken(_row, _brand):
        raise ZeroDivisionError

    monkeypatch.setattr(mail_contents, "CONTENTS", {"account/reset": broken})
    event = queue(login("ann@example.test"))

    with pytest.raises(ZeroDivisionError):
        carry(event)
    assert Mail.objects.get().state == "queued"


def test_every_template_has_its_contents():
    assert {*mail_contents.CONTENTS, *mail_contents.OPENED, *alarm_mail.WRITTEN, *disputing.WRITTEN} == set(TEMPLATES)


def test_a_mail_really_leaves_over_smtp_and_its_host_can_read_it(mailer, monkeypatch, tmp_path):
    argv = [sys.executable, "-m", "hostkeep.faces.demo.sink", "--folder", str(tmp_path / "mail")]
    argv += ["--port-file", str(tmp_path / "port"), "--route-file", str(tmp_path / "route")]
    source = Path(__file__).parents[2] / "src"
    sink = subprocess.Popen(argv, env={"PYTHONPATH": str(source), "PATH": "/usr/bin:/bin"})
    try:
        until((tmp_path / "port").exists)
        ca = str(tmp_path / "mail" / "tls" / "certificate.pem")
        said = {"route_file": str(tmp_path / "route"), "starttls": "required", "ca": ca}
        smtp = Smtp.configured(said)
        monkeypatch.setattr(handing, "_makers", [lambda _brand: smtp])

        row = carry(queue(login("ann@example.test")))
    finally:
        sink.terminate()
        sink.wait(PATIENCE)

    (kept,) = kept_mails(tmp_path / "mail", to="ann@example.test", brand="vpsfast")
    assert row.state == "sent" and kept.id in row.proof and kept.line == "tls"
    assert f"/account/reset/{row.subject}/fresh/" in kept.text and "fresh/" in kept.html
    assert kept.headers["Message-ID"].startswith(f"<{row.token}@")
