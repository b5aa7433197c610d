"""Mail of a brand's streams, queued as later rooms will queue it and taken by a mailer that only remembers."""

from __future__ import annotations

from hostkeep.flows.mailing import on_mail_queued
from hostkeep.kernel.ids import BrandId
from hostkeep.messaging.actions.queueing import queue_mail
from hostkeep.messaging.events import MailQueued
from hostkeep.messaging.models import Mail
from hostkeep.people.queries import account_of_user, login_of_address
from hostkeep.promises.personas import persona
from hostkeep.runtime import brand as running_brand
from hostkeep.runtime import clock
from tests.conftest import make_act
from tests.faces.client.conftest import Member
from tests.faces.client.test_consents import MESSAGES


class Joined:
    """Somebody who signed up on a shop's page, with the boxes ticked that are given."""

    def __init__(self, brand: BrandId, shop, scene, **choices: str) -> None:
        somebody = persona(scene(brand).policy.forms["signup"])
        assert shop(brand).post("/auth/signup/", somebody.posting(**choices)).status == 302
        with running_brand.during(brand):
            self.user = login_of_address(somebody.email)
        self.brand = brand
        self.account = account_of_user(self.user)


def queued(member: Member | Joined, stream: str, once: str = "") -> MailQueued:
    """Put a mail of a stream to a customer into the outbox."""
    act = make_act("system", stream, brand=member.brand, at=clock.now())
    done = queue_mail(
        act, stream=stream, template="account/already", subject=member.user, address="login", facts={},
        once=once or f"{stream}:{member.user}",
    )  # fmt: skip
    return MailQueued(done.mail)


def carried(event: MailQueued) -> str:
    """Do what a worker does with a mail; return its state: "sent" or "refused"."""
    on_mail_queued(make_act(brand="", at=clock.now()), event)
    return str(Mail.objects.get(id=event.mail).state)


def arrives(member: Member | Joined, stream: str, once: str = "") -> bool:
    """Say whether a mail of a stream reaches a customer now."""
    return carried(queued(member, stream, once)) == "sent"


def switches(member: Member, **wanted: str) -> None:
    """Set the switches of the client area: those named are on, all others off."""
    assert member.sends(member.get("/account/privacy/"), MESSAGES, **wanted).status_code == 302
