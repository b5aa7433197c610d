"""A brand's mail as the outside world takes it, for clauses about being told."""

from __future__ import annotations

from datetime import datetime

from hostkeep.brands import queries
from hostkeep.brands.actions.announcing import Announced
from hostkeep.brands.events import PolicyAnnounced
from hostkeep.flows import policy_change
from hostkeep.flows.mailing import on_mail_queued, sweep_due
from hostkeep.messaging.events import MailQueued, MailSettled
from hostkeep.messaging.models import Mail
from hostkeep.runtime import clock
from tests.conftest import make_act


def carry(brand: str, at: datetime) -> None:
    """Do what a worker does with the notices that wait at a time."""
    act = make_act("system", "policy_change", brand=brand, at=at)
    sweep_due(act)
    for row in Mail.objects.filter(brand=brand, state="queued", template="policy/changed"):
        on_mail_queued(act, MailQueued(row.id))
        row.refresh_from_db()
        if row.state in {"sent", "bounced", "refused"}:
            policy_change.on_mail_settled(act, MailSettled(row.id))
    queries.forget()


def tell(brand: str, made: Announced, at: datetime | None = None) -> None:
    """Do what a worker does with an announcement, up to the hand-over of its mails."""
    at = at or clock.now()
    act = make_act("system", "policy_change", brand=brand, at=at)
    policy_change.on_policy_announced(act, PolicyAnnounced(made.handle))
    carry(brand, at)
