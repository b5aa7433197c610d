"""What billing foresees and refuses of payments, call-backs and bank files."""

from __future__ import annotations

from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.words import gettext_noop


class NoSuchPayment(Foreseen):
    """No such payment, or not one that the asker may know of."""

    code = "billing.payment.none"
    title = gettext_noop("There is no such payment.")
    status = 404


class PaymentDecided(Foreseen):
    """It is known what became of an attempt to pay, or it waits for its payer."""

    code = "billing.payment.decided"
    title = gettext_noop("It is known already what became of this payment.")


class AlreadyMatched(Foreseen):
    """The payment has found its account before."""

    code = "billing.payment.already_matched"
    title = gettext_noop("This payment has found its invoice before.")


class CannotRelease(Foreseen):
    """A match that cannot be taken back.

    facts["why"]: "spent" (what was left over has gone on something else), "refunded" (some of it went back),
    "top_up" (its owner put it in as credit) or "gateway" (no bank transfer: the gateway knows whose it is).
    """

    code = "billing.payment.cannot_release"
    title = gettext_noop("This match cannot be taken back: some of the money has gone on since.")


class SetAside(Foreseen):
    """Unmatched money stands otherwise by now: matched, on its way back, put away or a pay-out."""

    code = "billing.payment.set_aside"
    title = gettext_noop("Somebody has dealt with this payment meanwhile. Look at it again.")


class PaymentDiffers(Foreseen):
    """The proof stands for other money than it did before, or for another brand's.

    facts["payment"]: what was written down under it, where that is this brand's.
    """

    code = "billing.payment.differs"
    title = gettext_noop("Other money came under the same number before. Nothing was written down.")


class NoticeRefused(Foreseen):
    """A call-back that is forged, stale or not of this gateway."""

    code = "billing.notice.refused"
    title = gettext_noop("This message is not from our payment system, or is too old. Nothing was changed.")
    status = 403


class NoSuchNotice(Foreseen):
    """No such call-back waits for a person."""

    code = "billing.notice.none"
    title = gettext_noop("There is no such message, or it is on its way again.")
    status = 404


class WrongBrand(Foreseen):
    """A call-back that speaks of another brand's payment."""

    code = "billing.notice.wrong_brand"
    title = gettext_noop("This message speaks of a payment made elsewhere. Nothing was changed.")
    status = 422


class BadByHand(Foreseen):
    """Money that cannot have been taken by hand.  facts["why"]: "amount", "how", "day" or "once"."""

    code = "billing.by_hand.bad"
    title = gettext_noop("This cannot have been given so. Nothing was written down.")
    status = 422


class BadBankFile(Foreseen):
    """A bank file that cannot be read.

    facts["why"]: "size", "xml", "entities", "format", "amount", "date", "future", "account", "ids"
    or "empty".
    """

    code = "billing.bank_file.bad"
    title = gettext_noop("This bank file cannot be used. Nothing was booked.")
    status = 422


class DoubtDecided(Foreseen):
    """It was said before whether money came once or twice.  facts["state"]: a word of rules.doubting."""

    code = "billing.doubt.decided"
    title = gettext_noop("Somebody has decided already whether this money came once or twice.")
