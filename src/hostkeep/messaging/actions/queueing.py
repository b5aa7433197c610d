"""Putting mail into the outbox."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from hostkeep.audit.recorded import recorded
from hostkeep.brands.queries import brand, policy_in_force
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import OPERATOR, BrandId, MailId, Ref, UserId
from hostkeep.messaging.errors import NotStaff, OtherContent
from hostkeep.messaging.events import MailQueued
from hostkeep.messaging.models import Mail
from hostkeep.messaging.rules.catalogue import TEMPLATES, checked_facts
from hostkeep.messaging.rules.operations import LANGUAGES, operators
from hostkeep.messaging.rules.streams import declared
from hostkeep.people.queries import user
from hostkeep.runtime.inserting import insert_new
from hostkeep.runtime.outbox import publish

SAME = ("brand", "stream", "template", "subject", "address", "facts")


@dataclass(frozen=True, slots=True)
class Queued:
    """A mail that waits.  mail: its id, the first one's where the key was used before."""

    mail: MailId

    @property
    def ref(self) -> Ref:
        """The mail."""
        return Ref("messaging.mail", self.mail)


@recorded("messaging.mail.queued")
def queue_mail(
    act: Act, *, stream: str, template: str, subject: UUID, address: str, facts: Mapping[str, str], once: str
) -> Queued:
    """Let a mail leave as soon as a worker is free.

    stream    one that the brand's policy declares; the operator's own has rules.operations
    template  a name of messaging.rules.catalogue.TEMPLATES
    subject   the user's id where address is "login", "passing" or a number, else the vault's subject
    address   "login": the user's present login address; a number: that row of the login addresses;
              "contact": what the vault holds under `email`; "passing": the address in passing that the
              facts name as "passing" or "former".  Never an address
    facts     ids the template needs, as text; also "account" (lists it in that account's history) and
              "language" (else the brand's first)
    once      idempotency key, at most 128 characters, without anything personal

    Writes a Mail, a MailQueued event and an audit entry, or nothing.  No body is written or kept.
    Raises NoSuchStream (naming the clause), OtherContent, ValueError on facts that are no ids; of the
    operator's own mail also NotStaff, NoSuchUser.
    """
    _permit(act, stream, template, subject)
    wish = Mail(
        id=uuid.uuid4(),
        once=once,
        brand=act.brand,
        stream=stream,
        template=template,
        language=_language(_spoken(act.brand), facts),
        subject=subject,
        account=UUID(facts["account"]) if "account" in facts else None,
        address=_checked_address(address),
        facts=checked_facts(TEMPLATES[template], facts),
        token=secrets.token_hex(16),
        queued_at=act.at,
    )
    if insert_new(wish):
        publish(act, MailQueued(MailId(wish.id)))
        return Queued(MailId(wish.id))
    kept = Mail.objects.get(once=once)
    if any(getattr(kept, name) != getattr(wish, name) for name in SAME):
        raise OtherContent(mail=str(kept.id))
    return Queued(MailId(kept.id))


def _permit(act: Act, stream: str, template: str, subject: UUID) -> None:
    """Refuse what the policy of act.brand does not declare; of the operator's own, all but mail to staff."""
    if act.brand != OPERATOR:
        declared(policy_in_force(act.brand, act.at), stream)
        return
    operators(stream, template)
    if not user(UserId(subject)).staff_role:
        raise NotStaff


def _spoken(brand_id: BrandId) -> Sequence[str]:
    """Return the languages of a brand, or the operator's."""
    return brand(brand_id).languages if brand_id != OPERATOR else LANGUAGES


def _language(spoken: Sequence[str], facts: Mapping[str, str]) -> str:
    """Return the language asked for if the brand speaks it, else the brand's first."""
    asked = facts.get("language", "")
    return asked if asked in spoken else spoken[0]


def _checked_address(address: str) -> str:
    """Return address if it names a place to look and is none itself.  Raises ValueError."""
    if address in {"login", "contact", "passing"} or (address.isascii() and address.isdigit()):
        return address
    raise ValueError("address names where to look: login, contact, passing or the number of a row")
