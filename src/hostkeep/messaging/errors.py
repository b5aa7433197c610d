"""What messaging refuses."""

from __future__ import annotations

from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.words import gettext_noop


class NoSuchStream(Foreseen):
    """The brand's policy declares no such message stream.  Facts: stream, clause."""

    code = "messaging.stream.undeclared"
    title = gettext_noop("The privacy policy of this shop does not know messages of this kind.")
    status = 403


class NotStaff(Foreseen):
    """Mail of the operator's own to somebody who is not staff."""

    code = "messaging.operations.not_staff"
    title = gettext_noop("This mail goes to staff alone.")
    status = 403


class CannotStop(Foreseen):
    """The stream carries what a customer must get.  Facts: stream, clause."""

    code = "messaging.stream.always"
    title = gettext_noop("These messages belong to your account and cannot be switched off.")


class NotWanted(Foreseen):
    """The person has not asked for this stream, or has stopped it.  Facts: stream, clause."""

    code = "messaging.stream.not_wanted"
    title = gettext_noop("This person does not want messages of this kind.")


class OtherContent(Foreseen):
    """The idempotency key was used for another mail.  Facts: mail."""

    code = "messaging.mail.once_reused"
    title = gettext_noop("Another message was already sent under this key.")


class NoSuchMail(Foreseen):
    """There is no such mail."""

    code = "messaging.mail.unknown"
    title = gettext_noop("There is no such message.")
    status = 404


class NotDue(Foreseen):
    """The mail is settled, in other hands, or has to wait.  Facts: mail, state."""

    code = "messaging.mail.not_due"
    title = gettext_noop("This message is not due.")


class AlreadySettled(Foreseen):
    """What became of the mail is known already.  Facts: mail, state."""

    code = "messaging.mail.settled"
    title = gettext_noop("What became of this message is already known.")


class BadAddress(Foreseen):
    """No mail can be sent to this address; its facts never hold it.  Facts: part ("domain" or "local")."""

    code = "messaging.address.bad"
    title = gettext_noop("This is not an address that mail can be sent to.")
    status = 422


class NoAddress(Foreseen):
    """There is no address to write to any more."""

    code = "messaging.address.gone"
    title = gettext_noop("There is no address to write to.")
    status = 404


class SentLately(Foreseen):
    """The same letter left not long ago, or as often as it may.

    facts["why"]: "soon" (less than an hour ago) or "often" (three times within a day).
    """

    code = "messaging.mail.sent_lately"
    title = gettext_noop("This letter left not long ago. Give it an hour; three a day are the most.")
