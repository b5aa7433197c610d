"""What happened, told by mail to the login that owns the account."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from hostkeep.billing import agenda
from hostkeep.billing.events import InvoiceIssued, InvoicePaid
from hostkeep.billing.queries.corrections import kind_of
from hostkeep.billing.queries.invoices import listed
from hostkeep.billing.rules.numbering import CREDIT_NOTE, INVOICE
from hostkeep.brands.applying import policy_for
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId
from hostkeep.messaging.actions.queueing import queue_mail
from hostkeep.people.errors import NoSuchAccount
from hostkeep.people.queries import account, owner_of
from hostkeep.provisioning.events import ServiceActivated
from hostkeep.shop.events import OrderPlaced

log = structlog.get_logger()


def on_order_placed(act: Act, event: OrderPlaced) -> None:
    """Confirm the order."""
    write_to(act, event.account, "order/confirmed", stream="account", about={"order": event.order})


def on_invoice_issued(act: Act, event: InvoiceIssued) -> None:
    """Say that there is an invoice, what is owed and how to pay it; from now on its calendar is followed.

    Of an invoice that fulfils a proforma the mail tells that says it is paid.
    """
    kind, corrects = kind_of(event.invoice)
    if kind == INVOICE and corrects is not None:
        return
    agenda.enlist(event.invoice, at=act.at)
    template = "billing/credit_note" if kind == CREDIT_NOTE else "billing/invoice"
    write_to(act, event.account, template, stream="billing", about={"invoice": event.invoice})


def on_invoice_paid(act: Act, event: InvoicePaid) -> None:
    """Say that the payment came.  What costs nothing is paid by nobody."""
    if not listed(event.invoice).gross.minor:
        return
    write_to(act, event.account, "billing/paid", stream="billing", about={"invoice": event.invoice})


def on_service_activated(act: Act, event: ServiceActivated) -> None:
    """Say that the service is ready, and where; secrets stay in the client area."""
    write_to(act, event.account, "service/ready", stream="technical", about={"service": event.service})


def write_to(
    act: Act, account_id: AccountId, template: str, *, stream: str, about: Mapping[str, object],
    again: int = 0,
) -> bool:  # fmt: skip
    """Queue a mail about some things, once, in the account's language, on the stream or else on `account`.

    about  by name, as the template needs them: ids, or whole numbers
    again  which repetition it is, from 1, where somebody wants the same told once more; 0: the first telling

    An account that nobody owns any more, for it was closed and its login is gone, is told nothing: False.
    """
    told = account(account_id)
    try:
        owner = owner_of(account_id).id
    except NoSuchAccount:
        log.info("notice.nobody_left", account=str(account_id), template=template, trace=act.trace)
        return False
    act = act.of_brand(told.brand)
    declared = policy_for(told.brand, told.subject, act.at).streams
    ids = {key: str(value) for key, value in about.items()}
    spoken = {"language": told.language} if told.language else {}
    queue_mail(
        act,
        stream=stream if stream in declared else "account",
        template=template,
        subject=owner,
        address="login",
        facts={**ids, **spoken, "account": str(account_id)},
        once=":".join((template, *ids.values(), *((f"again-{again}",) if again else ()))),
    )
    return True
