"""Mail of a brand's streams, queued as later rooms will queue it and taken by a mailer that only remembers."""

from __future__ import annotations

from hostkeep.flows.mailing import on_mail_queued
from hostkeep.messaging.actions.queueing import queue_mail
from hostkeep.messaging.events import MailQueued
from hostkeep.messaging.models import Mail
from hostkeep.runtime import clock
from tests.conftest import make_act
from tests.faces.client.conftest import Member
from tests.faces.client.test_consents import MESSAGES


def queued(member: Member, stream: str, once: str = "") -> MailQueued:
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


def arrives(member: Member, stream: str, once: str = "") -> bool:
    """Say whether a mail of a stream reaches a customer now."""
    return carried(queued(member, stream, once)) == "sent"


def switches(member: Member, **wanted: str) -> None:
    """Set the switches of the client area: those named are on, all others off."""
    assert member.sends(member.get("/account/privacy/"), MESSAGES, **wanted).status_code == 302
