"""Customers who leave, for tests: what a worker does for them, and the mail they get."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from hostkeep.billing.actions.issuing import issue_invoice
from hostkeep.billing.rules.lines import Line
from hostkeep.billing.rules.party import BilledTo
from hostkeep.brands.queries import brand as brand_row
from hostkeep.flows import addressing, closing
from hostkeep.flows.mailing import on_mail_queued, sweep_due
from hostkeep.flows.qualifying import is_checked
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, InvoiceId, Ref
from hostkeep.kernel.money import money
from hostkeep.messaging.events import MailQueued, MailSettled
from hostkeep.messaging.models import Mail
from hostkeep.people.models import Account
from hostkeep.provisioning.events import ServiceClosed
from hostkeep.runtime import clock
from hostkeep.runtime.models import Event
from hostkeep.vault.events import KeysDestroyed
from hostkeep.vault.models import Item, SubjectKey
from hostkeep.vault.wall import opened
from tests.conftest import make_act
from tests.faces.client.conftest import Member
from tests.flows.checked import checked_already
from tests.rooms.provisioning.conftest import Room

DAY = timedelta(days=1)


@dataclass
class Leaver(Member):
    """A customer at a brand, their services, and time that passes."""

    room: Room | None = field(default=None)

    def __init__(self, brand: str, who: str = "ann", room: Room | None = None) -> None:
        super().__init__(brand, who)
        account = self.account
        self.account_id, self.subject = account.id, account.subject
        if room is not None:
            room.brand, room.account, room.subject = brand, account.id, account.subject
            room.act = make_act(brand=brand, at=clock.now())
            if is_checked(room.act, account.subject):
                room.bills = self.bills
        self.room = room

    def bills(self) -> InvoiceId:
        """What is ordered is billed, and its payment checked."""
        price = money(500, brand_row(BrandId(self.brand)).currencies[0])
        issued = issue_invoice(
            self.staff("system", "billing"), to=BilledTo(self.account_id, self.subject, ""), due_in=timedelta(days=7),
            once=uuid4().hex, lines=[Line("Solo", 1, price, 0, Ref("shop.order_line", uuid4()))],
        )  # fmt: skip
        checked_already(make_act(brand=self.brand, at=clock.now()), self.account_id, issued.id)
        return issued.id

    def act(self, purpose: str = "account", *, at: datetime | None = None) -> Act:
        """The customer's own."""
        return make_act(
            "customer", purpose, brand=self.brand, at=at or clock.now(), own=self.subject, actor="user:test"
        )

    def staff(self, role: str, purpose: str, *, at: datetime | None = None) -> Act:
        return make_act(role, purpose, brand=self.brand, at=at or clock.now(), actor="staff:test")

    def closes(self) -> closing.Closed:
        """The account is closed by its owner, as their page does it."""
        once = f"close:{self.account_id}"
        done = closing.close(self.act(), account=self.account_id, by="customer", once=once)
        if self.room is not None:
            self.room.act = make_act(brand=self.brand, at=clock.now())
        return done

    @property
    def state(self) -> str:
        return Account.objects.get(id=self.account_id).state

    def keys(self) -> dict[str, str]:
        """The states of the person's keys, by class."""
        with opened():
            return dict(
                SubjectKey.objects.filter(subject=self.subject).values_list("keep_class", "state")
            )

    def values(self) -> list[tuple[str, str]]:
        """Category and class of all that the vault has of the person."""
        with opened():
            found = Item.objects.filter(subject=self.subject).order_by("category", "collected_at")
            return list(found.values_list("category", "keep_class"))


def works(brand: str, at: datetime | None = None) -> None:
    """Do what a worker does with what waits: closings, mails and what hangs on them."""
    at = at or clock.now()
    act = make_act("system", brand=brand, at=at)
    for event in Event.objects.filter(kind__in=["ServiceClosed", "KeysDestroyed"]).order_by("at", "id"):
        if event.kind == "ServiceClosed":
            closing.on_service_closed(act, ServiceClosed(**event.body))
        else:
            closing.on_keys_destroyed(act, KeysDestroyed(**event.body))
    carries(brand, at)


def carries(brand: str, at: datetime | None = None) -> None:
    """Let the mails of a brand leave."""
    act = make_act("system", brand=brand, at=at or clock.now())
    sweep_due(act)
    for row in Mail.objects.filter(brand__in=[brand, ""], state="queued"):
        on_mail_queued(act, MailQueued(row.id))
        row.refresh_from_db()
        if row.state in {"sent", "bounced", "refused"}:
            addressing.on_mail_settled(act, MailSettled(row.id))


def link_in(mailer: Any, number: int = -1, pattern: str = r"https?://[^\s]+/account/[^\s]+") -> str:
    """The path of the link in a mail."""
    text = mailer.read(number).get_body(("plain",)).get_content()
    return "/" + re.search(pattern, text).group(0).split("/", 3)[3]
