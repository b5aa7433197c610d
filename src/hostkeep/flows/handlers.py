"""Who listens to what, and what falls due.  The whole of it, on one page."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hostkeep.billing.events import (
    CreditGiven,
    InvoiceIssued,
    InvoicePaid,
    OrderHeldBack,
    OrderReviewed,
    PaymentDisputed,
    PaymentReceived,
)
from hostkeep.brands.events import ChangeRejected, PolicyAnnounced, TellingWanted
from hostkeep.flows import (
    activation,
    add_on_work,
    addressing,
    cancelling,
    changing,
    chargebacks,
    checkout,
    clerk,
    closing,
    crediting,
    disputing,
    dunning,
    ending_letters,
    mailing,
    metering,
    notices,
    noticing,
    number_checking,
    paying_out,
    policy_change,
    price_changes,
    promoting,
    qualifying,
    reconciling,
    refunding,
    registering,
    renewing,
    retiring,
    reviewing,
    standing_still,
    storing,
    subscribing,
    sweeping,
    use_letters,
)
from hostkeep.messaging.events import MailQueued, MailSettled
from hostkeep.people.events import AccountClosing, AddressChanged, DisputeOpened
from hostkeep.provisioning.events import (
    ActionQueued,
    ServiceActivated,
    ServiceClosed,
    ServiceResumed,
    ServiceSuspended,
    TaskOpened,
)
from hostkeep.runtime.jobs import Due
from hostkeep.runtime.outbox import Handlers
from hostkeep.shop.events import OrderPlaced
from hostkeep.subscriptions.events import (
    LimitReached,
    PriceAnnounced,
    SubscriptionChanged,
    SubscriptionEnded,
    SubscriptionEnding,
)
from hostkeep.vault import column_resealing
from hostkeep.vault.events import KeysDestroyed, ValueDropped

HANDLERS: Handlers = MappingProxyType({
    OrderPlaced: (checkout.on_order_placed, notices.on_order_placed),
    InvoiceIssued: (crediting.on_invoice_issued, notices.on_invoice_issued, promoting.on_invoice_issued,
                    registering.on_invoice_issued),
    PaymentReceived: (crediting.on_payment_received,),
    CreditGiven: (crediting.on_credit_given,),
    PaymentDisputed: (chargebacks.on_payment_disputed,),
    InvoicePaid: (
        activation.on_invoice_paid,
        changing.on_invoice_paid,
        notices.on_invoice_paid,
        promoting.on_invoice_paid,
        standing_still.on_invoice_paid,
    ),
    OrderHeldBack: (qualifying.on_order_held_back,),
    OrderReviewed: (reviewing.on_order_reviewed,),
    ActionQueued: (activation.on_action_queued,),
    ServiceActivated: (
        subscribing.on_service_activated,
        add_on_work.on_service_activated,
        notices.on_service_activated,
    ),
    MailQueued: (mailing.on_mail_queued,),
    MailSettled: (policy_change.on_mail_settled, addressing.on_mail_settled, standing_still.on_mail_settled),
    PolicyAnnounced: (policy_change.on_policy_announced,),
    TellingWanted: (policy_change.on_telling_wanted,),
    ChangeRejected: (policy_change.on_change_rejected,),
    AccountClosing: (closing.on_account_closing, storing.on_account_closing),
    ServiceClosed: (
        closing.on_service_closed,
        cancelling.on_service_closed,
        promoting.on_service_closed,
        retiring.on_service_closed,
        standing_still.on_service_closed,
    ),
    ServiceSuspended: (standing_still.on_service_suspended,),
    ServiceResumed: (standing_still.on_service_resumed,),
    SubscriptionEnding: (changing.on_subscription_over, ending_letters.on_subscription_ending),
    SubscriptionEnded: (cancelling.on_subscription_ended, changing.on_subscription_over),
    SubscriptionChanged: (changing.on_subscription_changed,),
    PriceAnnounced: (price_changes.on_price_announced,),
    LimitReached: (use_letters.on_limit_reached,),
    KeysDestroyed: (closing.on_keys_destroyed, sweeping.on_keys_destroyed),
    ValueDropped: (sweeping.on_value_dropped,),
    AddressChanged: (addressing.on_address_changed,),
    DisputeOpened: (disputing.on_dispute_opened,),
})

DUE: Mapping[str, Due] = MappingProxyType({
    "provisioning": activation.sweep_due,
    "reseal_columns": column_resealing.reseal_columns,
    "mail": mailing.sweep_due,
    "policy": policy_change.sweep_due,
    "closing": closing.sweep_due,
    "addresses": addressing.sweep_due,
    "disputes": disputing.sweep_due,
    "sweeping": sweeping.send_due,
    "reconciling": reconciling.send_due,
    "payouts": paying_out.send_due,
    "tax_numbers": number_checking.check_due,
    "notices": noticing.work_off,
    "methods": storing.sweep_due,
    "changes": changing.sweep_due,
    "standing_still": standing_still.sweep_due,
    "dunning": dunning.run_due,
    "endings": cancelling.end_due,
    "renewals": renewing.renew_due,
    "use": metering.bill_due,
    "refunds": refunding.look_up_due,
    "einvoices": registering.run_due,
})

DEMO_HANDLERS: Handlers = MappingProxyType({TaskOpened: (clerk.on_task_opened,)})
DEMO_DUE: Mapping[str, Due] = MappingProxyType({"clerk": clerk.fill_open_tasks})
"""What the demo adds: a clerk who does the manual tasks."""
