"""What billing foresees and refuses."""

from __future__ import annotations

from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.words import gettext_noop


class EmptyInvoice(Foreseen):
    """An invoice without a line."""

    code = "billing.invoice.empty"
    title = gettext_noop("An invoice needs at least one line.")
    status = 422


class BadLine(Foreseen):
    """A line, a total or a due date that no invoice can carry.

    facts["why"]: "title", "quantity", "amount", "tax_rate", "tax_category", "period", "total" or "due".
    """

    code = "billing.invoice.bad_line"
    title = gettext_noop("This invoice has a line that cannot be right, so it was not made.")
    status = 422


class TwoCurrencies(Foreseen):
    """Lines of one invoice in two currencies."""

    code = "billing.invoice.two_currencies"
    title = gettext_noop("An invoice has one currency.")
    status = 422


class IssuedDifferently(Foreseen):
    """The key has issued another invoice before; facts["invoice"] is its id."""

    code = "billing.invoice.issued_differently"
    title = gettext_noop("An invoice was made from this before, with other content.")


class NoSuchInvoice(Foreseen):
    """No such invoice, or not one that this account may know of."""

    code = "billing.invoice.none"
    title = gettext_noop("There is no such invoice.")
    status = 404


class NotCorrectable(Foreseen):
    """A document that no such note corrects: a proforma, a credit note, or one made to try the house."""

    code = "billing.invoice.not_correctable"
    title = gettext_noop("This document is not one that such a note can correct.")
    status = 422


class BadReason(Foreseen):
    """A reason that is not on the list of such notes."""

    code = "billing.correction.bad_reason"
    title = gettext_noop("Choose one of the reasons listed.")
    status = 422


class NothingToCredit(Foreseen):
    """A credit note over nothing, or nothing is left to take back."""

    code = "billing.credit_note.nothing"
    title = gettext_noop("There is nothing to credit here.")
    status = 422


class OverCredit(Foreseen):
    """More than is left of a line (facts["position"]), of its rate (facts["rate"]) or of the document."""

    code = "billing.credit_note.too_much"
    title = gettext_noop("This is more than is left to credit on this document.")
    status = 422


class AlreadyPaid(Foreseen):
    """Nothing is owed on the invoice."""

    code = "billing.invoice.already_paid"
    title = gettext_noop("This invoice is paid. Nothing is owed on it.")


class Withdrawn(AlreadyPaid):
    """The proforma asks for nothing more: what it asked for will not be given."""

    code = "billing.proforma.withdrawn"
    title = gettext_noop("This was withdrawn. Nothing is to be paid for it.")


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


class PaymentDiffers(Foreseen):
    """The proof stands for other money than it did before, or for another brand's.

    facts["payment"]: what was written down under it, where that is this brand's.
    """

    code = "billing.payment.differs"
    title = gettext_noop("Other money came under the same number before. Nothing was written down.")


class NotEnoughCredit(Foreseen):
    """The account does not hold so much credit in this currency.  facts: held, currency (minor units)."""

    code = "billing.credit.not_enough"
    title = gettext_noop("There is not enough credit for this.")


class CreditDiffers(Foreseen):
    """The key has moved other credit before; facts["entry"] is its id."""

    code = "billing.credit.differs"
    title = gettext_noop("Credit was moved by this before, in another way.")


class BadCredit(Foreseen):
    """An amount of credit that cannot be moved.

    facts["why"]: "nothing" (zero or less), "currency" (not the invoice's, or none of the brand's), "more"
    (than is owed), or of a top-up "least", "most" or "cap", with facts["limit"] in minor units.
    """

    code = "billing.credit.bad"
    title = gettext_noop("This amount cannot be used here.")
    status = 422


class GatewayNotOffered(Foreseen):
    """The gateway is not installed, not set up, or not one that this brand and its policy name.

    facts: gateway; clause, where the policy is what says no.
    """

    code = "billing.gateway.not_offered"
    title = gettext_noop("This way to pay is not offered here.")
    status = 422


class GatewayCannot(Foreseen):
    """The gateway has no such duty: it gives no money back, or keeps no methods."""

    code = "billing.gateway.cannot"
    title = gettext_noop("This way to pay cannot do that by itself.")
    status = 422


class MethodsNotKept(Foreseen):
    """The policy lets nobody keep a way to pay here.  facts: clause."""

    code = "billing.method.not_kept"
    title = gettext_noop("Ways to pay are not kept here.")
    status = 422


class TooManyMethods(Foreseen):
    """An account keeps as many ways to pay as it may, facts["most"]."""

    code = "billing.method.too_many"
    title = gettext_noop("You keep {most} ways to pay, and more are not kept. Remove one first.")


class NoSuchMethod(Foreseen):
    """No such stored method, or not one that this account may know of or that can be charged."""

    code = "billing.method.none"
    title = gettext_noop("There is no such way to pay.")
    status = 404


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

    facts["why"]: "size", "xml", "entities", "format", "amount", "date", "account" or "empty".
    """

    code = "billing.bank_file.bad"
    title = gettext_noop("This bank file cannot be used. Nothing was booked.")
    status = 422


class BadCalendar(Foreseen):
    """[dunning] of brand.toml says what cannot be followed.  facts["name"]: which entry."""

    code = "billing.dunning.bad_calendar"
    title = gettext_noop("The calendar of reminders cannot be followed: see {name}.")
    status = 422


class BadException(Foreseen):
    """An exception from the calendar that cannot be made.  facts["why"]: "kind", "until" or "reason"."""

    code = "billing.dunning.bad_exception"
    title = gettext_noop("Choose what is spared, until when, and why.")
    status = 422


class NoSuchException(Foreseen):
    """No such exception, or it holds no longer."""

    code = "billing.dunning.no_exception"
    title = gettext_noop("There is no such exception, or it is over.")
    status = 404


class NotOnHold(Foreseen):
    """Nothing waits for a person at this invoice: it was put back, told, or paid meanwhile."""

    code = "billing.dunning.not_on_hold"
    title = gettext_noop("Nothing waits for a person here any more.")


class NotSetDownYet(Foreseen):
    """A note came before the document that it corrects was set down for a national system."""

    code = "billing.registration.not_set_down_yet"
    title = gettext_noop("The document that this one corrects has not been set down yet.")


class NotRefused(Foreseen):
    """A document that the national system did not refuse: it waits, or is registered."""

    code = "billing.registration.not_refused"
    title = gettext_noop("The national system has not refused this document. It is handed in by itself.")


class RefundTooMuch(Foreseen):
    """More than is left of the payment, facts["left"] in minor units of facts["currency"]; or nothing."""

    code = "billing.refund.too_much"
    title = gettext_noop("This is more than can be given back of this payment.")
    status = 422


class RefundDiffers(Foreseen):
    """The key has begun another refund before, or a gateway gave back another amount than was asked."""

    code = "billing.refund.differs"
    title = gettext_noop("Something else was given back by this before.")


class NoSuchRefund(Foreseen):
    """No such refund, or not one of this brand."""

    code = "billing.refund.none"
    title = gettext_noop("There is no such refund.")
    status = 404


class BadProof(Foreseen):
    """What staff wrote as the bank's id of a transfer.

    facts["why"]: "form" (letters, digits and ./_+- only), "account" (an account number, which would name
    somebody) or "used" (another refund has it).
    """

    code = "billing.refund.bad_proof"
    title = gettext_noop(
        "Write the bank's own id of this transfer: letters and digits without spaces, used once, no account."
    )
    status = 422


class RefundDecided(Foreseen):
    """The refund is settled or declined, or its gateway is asked and not staff."""

    code = "billing.refund.decided"
    title = gettext_noop("It is known already what became of this refund.")


class NoSuchTopUp(Foreseen):
    """No such top-up, or not one that this account may know of."""

    code = "billing.top_up.none"
    title = gettext_noop("There is no such top-up.")
    status = 404


class NoTopUps(Foreseen):
    """The brand takes no top-ups."""

    code = "billing.top_up.not_offered"
    title = gettext_noop("Credit cannot be put in here.")
    status = 422


class BadQualification(Foreseen):
    """A brand's rules of the payment check cannot be followed."""

    code = "billing.qualification.bad"
    title = gettext_noop("The rules of the payment check are wrong: {why}.")
    status = 422


class NoSuchCheck(Foreseen):
    """No such check of a payment, or not one of this brand."""

    code = "billing.check.none"
    title = gettext_noop("There is no such check.")
    status = 404


class CheckDecided(Foreseen):
    """The order was not held back, or somebody said already what becomes of it."""

    code = "billing.check.decided"
    title = gettext_noop("It is decided already what becomes of this order.")


class NotForPrograms(Foreseen):
    """Who decides is no member of staff who looks after money."""

    code = "billing.check.not_for_programs"
    title = gettext_noop("A person who looks after payments decides this.")
    status = 403
