"""What billing foresees and refuses of invoices, notes and proformas."""

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


class TooLongAStatement(Foreseen):
    """A statement of more rows than one page or paper holds.  facts["most"]: how many it does."""

    code = "billing.statement.too_long"
    title = gettext_noop("This is more than one statement holds. Choose fewer days.")
    status = 422


class BadDays(Foreseen):
    """Days that no statement can be of: out of order, or of reach, or none at all."""

    code = "billing.statement.bad_days"
    title = gettext_noop("Choose days that there are, the first before the last.")
    status = 422


class PayLinkOver(Foreseen):
    """A link to pay that never was, was taken back, is over, is of another brand, or that no brand has here.

    All of these are one answer, so that nothing can be learned by trying.
    """

    code = "billing.pay_link.over"
    title = gettext_noop("This link does not work any more. Please ask whoever gave it to you for a new one.")
    status = 404
