"""The operator's own mail to its staff: written as it leaves, from what a room above said how to write."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hostkeep.brands.queries import all_brands
from hostkeep.drivers.mail import Letter
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import UserId
from hostkeep.messaging.errors import NoAddress, NotStaff
from hostkeep.messaging.queries import MailRow
from hostkeep.messaging.rules.catalogue import TEMPLATES
from hostkeep.messaging.rules.message import Envelope, address_of, build_message
from hostkeep.messaging.rules.operations import operators
from hostkeep.messaging.writing import Letterhead, write_mail
from hostkeep.people.queries import login_address, user

NAME = "Hostkeep"

Write = Callable[[MailRow], Mapping[str, object]]

_written: dict[str, Write] = {}


def write_with(contents: Mapping[str, Write]) -> None:
    """Say what the operator's templates show, by name.  Called at start, by the composition root."""
    _written.update(contents)


def write_to_staff(act: Act, row: MailRow) -> Letter:
    """Write a mail to a staff member as it leaves now.

    Sent from the first brand's own address: the operator's host takes no mail.
    Raises NoSuchStream, NotStaff (no longer on the staff), NoAddress, and what the room above raises.
    """
    operators(row.stream, row.template)
    reader = UserId(row.subject)
    if not user(reader).staff_role:
        raise NotStaff
    sealed, brands = login_address(reader), all_brands()
    if sealed is None or not brands:
        raise NoAddress
    sender, to = brands[0].support_mail, sealed.open()
    words = write_mail(
        TEMPLATES[row.template],
        language=row.language,
        head=Letterhead(brand=NAME, look="", seller="", clause="", clause_url=""),
        said=_written[row.template](row),
    )
    envelope = Envelope(
        brand="",
        sender_name=NAME,
        sender=sender,
        to=to,
        token=row.token,
        at=act.at,
        language=row.language,
    )
    local, domain = address_of(to)
    return Letter(sender=sender, to=f"{local}@{domain}", body=build_message(envelope, words))
