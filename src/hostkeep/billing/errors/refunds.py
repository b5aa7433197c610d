"""What billing foresees and refuses of refunds."""

from __future__ import annotations

from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.words import gettext_noop


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
