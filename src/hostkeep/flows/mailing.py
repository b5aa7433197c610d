"""A mail's way out: written at the last moment, handed over outside any transaction, its outcome recorded.

A worker that dies in between leaves the mail "handing over"; after its lease the sweep wakes it, and it goes
out again with the same Message-ID, so that the other side can drop the second.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import structlog

from hostkeep.audit.rounds import go_through
from hostkeep.brands.applying import policy_for
from hostkeep.brands.queries import BrandRow, brand
from hostkeep.drivers.mail import Letter
from hostkeep.flows.mail_contents import said_by
from hostkeep.flows.operator_mail import write_to_staff
from hostkeep.kernel.act import Act
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import OPERATOR, CategoryId, MailId, SubjectId, UserId
from hostkeep.kernel.sealed import Sealed
from hostkeep.messaging.actions.delivering import record_outcome, refuse_mail, take_mail, wake_mail
from hostkeep.messaging.calls.handing import hand_over, relay_of
from hostkeep.messaging.errors import AlreadySettled, NoAddress, NotDue, NotWanted
from hostkeep.messaging.events import MailQueued
from hostkeep.messaging.queries import MailRow, choices_of, due_mail, mail
from hostkeep.messaging.rules.catalogue import TEMPLATES
from hostkeep.messaging.rules.delivery import State
from hostkeep.messaging.rules.message import Envelope, address_of, build_message
from hostkeep.messaging.rules.streams import declared, wanted
from hostkeep.messaging.writing import Letterhead, write_mail
from hostkeep.people.closings import passing
from hostkeep.people.queries import account_of_subject, login_address, login_address_row, user
from hostkeep.people.rules.closing import OPEN
from hostkeep.policy.book import Policy, Stream
from hostkeep.runtime.addresses import brand_url
from hostkeep.vault import consents, disclosing, door

log = structlog.get_logger()

AT_ONCE = 500
"""How many due mails one sweep wakes; the next minute's sweep takes the rest."""

EMAIL = CategoryId("email")


def on_mail_queued(act: Act, event: MailQueued) -> None:
    """Hand over a mail that waits.  One that is settled, or in other hands, is left alone."""
    row = mail(event.mail)
    if row.state is not State.QUEUED:
        return
    act = act.of_brand(row.brand).in_role("system")
    try:
        letter = _let_out(act, row, prepare(act, row))
    except Foreseen as no:
        _refuse(act, row, no)
        return
    try:
        take_mail(act, mail=row.id)
    except NotDue:
        return
    outcome = hand_over(letter, brand=row.brand)
    try:
        done = record_outcome(act, mail=row.id, outcome=outcome)
    except AlreadySettled:
        return
    log.info("mail.answered", mail=str(row.id), state=str(done.state), template=row.template, trace=act.trace)


def _let_out(act: Act, row: MailRow, letter: Letter) -> Letter:
    """Ask the disclosure gate where a relay sees the mail; a receiver's own host is no third party.

    Raises the gate's NotDisclosed.
    """
    relay = relay_of(row.brand)
    if not relay or row.brand == OPERATOR:
        return letter
    person = _person(row)
    stream = declared(policy_for(row.brand, person, act.at), row.stream)
    package = disclosing.disclose(
        act, subject=person, recipient=relay, categories=[EMAIL], purpose=stream.purpose,
        ticket=f"mail:{row.id}", once=f"mail|{row.id}|{row.attempts}",
    )  # fmt: skip
    return replace(letter, package=package)


def sweep_due(act: Act) -> int:
    """Wake mails whose next attempt is due or whose hand-over was never heard of; return how many.

    One that goes wrong does not stop the next.
    """
    due = due_mail(act.at, most=AT_ONCE)
    return sum(
        go_through(act, due, lambda mail: _wake(act, mail), event="mail.not_woken", about=lambda mail: mail)
    )


def prepare(act: Act, row: MailRow) -> Letter:
    """Write a mail as it leaves now: policy and choices as they stand, the address opened, links made anew.

    A stream whose purpose is on consent needs one that stands at this moment: a choice alone is none.
    Raises NoSuchStream, NotWanted, NoAddress, BadAddress, the door's Refused, and what the rooms' queries
    raise when what the mail is about is gone.
    """
    if row.brand == OPERATOR:
        return write_to_staff(act, row)
    person = _person(row)
    policy = policy_for(row.brand, person, act.at)
    stream = declared(policy, row.stream)
    if not wanted(stream, choices_of(person, brand=row.brand)) or not _agreed(act, policy, stream, person):
        raise NotWanted(stream=stream.id, clause=stream.clause)
    if stream.default != "always" and _is_closed(person):
        raise NotWanted(stream=stream.id, clause=policy.retention["account"].clause)

    def write(address: str) -> Letter:
        return _letter(act, row, stream, address)

    act = act.for_purpose(stream.purpose)
    if row.address == "contact":
        letter = door.use(act, subject=SubjectId(row.subject), category=EMAIL, fn=write)
    else:
        sealed = _login_address(act, row)
        letter = None if sealed is None else write(sealed.open())
    if letter is None:
        raise NoAddress
    return letter


def _agreed(act: Act, policy: Policy, stream: Stream, person: SubjectId) -> bool:
    """Say whether the consent that a stream needs stands, where it needs one."""
    if policy.purposes[stream.purpose].basis != "consent":
        return True
    return consents.standing(brand=policy.brand, subject=person, purpose=stream.purpose, at=act.at)


def _is_closed(person: SubjectId) -> bool:
    """Say whether a person's account is closed, or being closed: then only what must be said is written."""
    found = account_of_subject(person)
    return found is not None and found.state != OPEN


def _login_address(act: Act, row: MailRow) -> Sealed[str] | None:
    """Return the login address a mail goes to, or None if it is gone."""
    if row.address == "passing":
        kept = passing(UUID(row.facts.get("passing") or row.facts["former"]), act.at)
        return kept.address if kept and kept.user == row.subject else None
    if row.address == "login":
        return login_address(UserId(row.subject))
    return login_address_row(row.address)


def _person(row: MailRow) -> SubjectId:
    """Return whose choices count.  Raises NoSuchUser."""
    return SubjectId(row.subject) if row.address == "contact" else user(UserId(row.subject)).subject


def _letter(act: Act, row: MailRow, stream: Stream, address: str) -> Letter:
    """Fill the template in and put it into an envelope."""
    shop = brand(row.brand)
    words = write_mail(
        TEMPLATES[row.template],
        language=row.language,
        head=_letterhead(shop, stream),
        said=said_by(act, row, shop),
    )
    envelope = Envelope(
        brand=shop.id,
        sender_name=shop.name,
        sender=shop.support_mail,
        to=address,
        token=row.token,
        at=act.at,
        language=row.language,
    )
    body = build_message(envelope, words)
    local, domain = address_of(address)
    return Letter(sender=shop.support_mail, to=f"{local}@{domain}", body=body)


def _letterhead(shop: BrandRow, stream: Stream) -> Letterhead:
    """Return what all mails of a brand carry, for one stream."""
    postal = ("name", "street", "postal_code", "city", "country")
    return Letterhead(
        brand=shop.name,
        look=shop.look,
        seller=", ".join(shop.seller[key] for key in postal if shop.seller.get(key)),
        clause=stream.clause,
        clause_url=brand_url(shop.host, f"/privacy/#{stream.clause}"),
    )


def _refuse(act: Act, row: MailRow, no: Foreseen) -> None:
    """Note that a mail must not leave, and why."""
    try:
        refuse_mail(act, mail=row.id, code=no.clause or no.code)
    except NotDue:
        return
    log.info("mail.refused", mail=str(row.id), code=no.code, clause=no.clause, trace=act.trace)


def _wake(act: Act, due: MailId) -> int:
    """Wake one mail; return 1, or 0 if somebody was faster."""
    try:
        wake_mail(act, mail=due)
    except NotDue:
        return 0
    return 1
