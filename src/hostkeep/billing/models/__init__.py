"""Tables of billing, by topic.  Django finds them here; outside the room nobody imports them."""

from hostkeep.billing.models.checks import PaymentCheck
from hostkeep.billing.models.documents import (
    Invoice,
    InvoiceLine,
    InvoiceTax,
    NumberCheck,
    ProformaEnded,
    Series,
    TaxDecision,
)
from hostkeep.billing.models.dunning import (
    DunningAgenda,
    DunningException,
    DunningStep,
    Finding,
)
from hostkeep.billing.models.movements import BankId, Doubt
from hostkeep.billing.models.pay_links import PayLinksRevoked
from hostkeep.billing.models.payments import (
    Allocation,
    BankFile,
    CreditEntry,
    Dispute,
    GatewayNotice,
    Payment,
    PaymentAttempt,
    Refund,
    StoredMethod,
    TopUp,
)
from hostkeep.billing.models.payouts import Payout
from hostkeep.billing.models.plain import PLAIN
from hostkeep.billing.models.registrations import Registration

__all__ = [
    "PLAIN",
    "Allocation",
    "BankFile",
    "BankId",
    "CreditEntry",
    "Dispute",
    "Doubt",
    "DunningAgenda",
    "DunningException",
    "DunningStep",
    "Finding",
    "GatewayNotice",
    "Invoice",
    "InvoiceLine",
    "InvoiceTax",
    "NumberCheck",
    "PayLinksRevoked",
    "Payment",
    "PaymentAttempt",
    "PaymentCheck",
    "Payout",
    "ProformaEnded",
    "Refund",
    "Registration",
    "Series",
    "StoredMethod",
    "TaxDecision",
    "TopUp",
]
