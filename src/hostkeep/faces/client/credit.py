"""/account/credit/: what we hold for the customer, why it moved, using it on an invoice, putting more in."""

from __future__ import annotations

from uuid import UUID, uuid4, uuid5

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from hostkeep.billing.actions.crediting import use_credit
from hostkeep.billing.errors.credit import BadCredit
from hostkeep.billing.queries.credit import (
    credit_lines,
    credits_of,
    numbers_of,
    open_invoices,
    received_for,
    top_up,
    top_ups_of,
)
from hostkeep.billing.queries.unpaid import unpaid_of
from hostkeep.billing.rules.crediting import applies_at_issue, spread
from hostkeep.billing.rules.numbering import in_fours
from hostkeep.brands.queries import BrandRow, brand
from hostkeep.drivers.payments import Declined, Settled, Waiting
from hostkeep.faces.client.account import account_of, customers_only
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.amounts import money_text, read_amount
from hostkeep.faces.ui.credit_words import limit_said, why_moved
from hostkeep.faces.ui.pages import language_of, show
from hostkeep.faces.ui.paying_links import links
from hostkeep.flows import crediting, paying
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import InvoiceId
from hostkeep.kernel.money import CURRENCIES


@require_safe
@customers_only
def credit(request: HttpRequest) -> HttpResponse:
    """Show what there is and how it came, invoices that it could cover, and a form to put more in."""
    return _page(request)


@require_POST
@customers_only
def credit_use(request: HttpRequest, invoice: UUID) -> HttpResponse:
    """Use as much credit on one invoice as there is and is owed."""
    # The page's key with the invoice: a page has a form for each.
    once = f"use-{uuid5(_once(request), str(invoice))}"
    used = use_credit(_act(request), account=account_of(request).id, invoice=InvoiceId(invoice), once=once)
    said = gettext("%(amount)s of your credit went on the invoice.")
    messages.success(request, said % {"amount": money_text(used.amount, language_of(request))})
    return HttpResponseRedirect(reverse("invoice", args=[invoice]))


@require_POST
@customers_only
def top_up_begin(request: HttpRequest) -> HttpResponse:
    """Open a top-up and send the customer to the gateway."""
    sent, language = request.POST, language_of(request)
    currency = CURRENCIES.get(sent.get("currency", ""))
    amount = read_amount(sent.get("amount", ""), currency) if currency else None
    if amount is None:
        return _page(request, problem=gettext("Write an amount such as 25 or 12.50."), status=422)
    try:
        begun = crediting.top_up(
            _act(request), of=account_of(request).id, amount=amount, gateway=sent.get("gateway", ""),
            once=f"top-{_once(request)}", links=links(request),
        )  # fmt: skip
    except BadCredit as refusal:
        problem = limit_said(refusal, amount.currency, language)
        return _page(request, problem=problem, status=refusal.status)
    return after_asking(request, begun.asked, begun.top_up)


@require_safe
@customers_only
def top_up_page(request: HttpRequest, wanted: UUID) -> HttpResponse:
    """Show one top-up: how to pay it, or its receipt."""
    account, act = account_of(request), _act(request)
    row = top_up(wanted, of=account.id)
    gateways = paying.gateways_of(act) if row.paid_at is None else ()
    return show(request, "client/top_up.html", {
        "row": row,
        "number": account.number,
        "reference": in_fours(row.reference),
        "received": received_for([row])[row.id],
        "meant_for": numbers_of(row.meant_for),
        "gateways": gateways,
        "bank": _bank_rows(brand(act.brand)) if paying.BANK in gateways else (),
    })  # fmt: skip


@require_POST
@customers_only
def top_up_pay(request: HttpRequest, wanted: UUID) -> HttpResponse:
    """Pay an open top-up by the gateway named in the form."""
    asked = crediting.pay_top_up(
        _act(request), of=account_of(request).id, top_up=wanted, gateway=request.POST.get("gateway", ""),
        links=links(request),
    )  # fmt: skip
    return after_asking(request, asked, wanted)


def _page(request: HttpRequest, *, problem: str = "", status: int = 200) -> HttpResponse:
    """Draw the page."""
    account, act = account_of(request), _act(request)
    held = {each.currency.code: each for each in credits_of(account.id) if each.minor}
    payable = {each for amount in held.values() for each in open_invoices(account.id, amount.currency)}
    owed = [row for row in unpaid_of(account.id) if row.id in payable]
    limits = crediting.limits_of(act)
    return show(request, "client/credit.html", {
        "held": list(held.values()),
        "lines": [(line, why_moved(line)) for line in credit_lines(account.id)],
        "owed": [(row, spread(held[row.owed.currency.code], [row.owed])[0]) for row in owed],
        "waiting": [row for row in top_ups_of(account.id) if row.paid_at is None and not row.meant_for][:3],
        "limits": limits,
        "gateways": paying.gateways_of(act) if limits else (),
        "chosen": request.POST.get("currency", ""),
        "by_itself": applies_at_issue(brand(act.brand).words),
        "typed": request.POST.get("amount", ""),
        "once": uuid4(),
        "problem": problem,
    }, status=status)  # fmt: skip


def after_asking(request: HttpRequest, asked: paying.Asked, row: UUID) -> HttpResponse:
    """Lead on after a gateway was asked."""
    match asked.outcome:
        case Waiting(visit=str(url)):
            return HttpResponseRedirect(url)
        case Settled():
            messages.success(request, gettext("Thank you. Your payment is here."))
        case Declined():
            messages.error(request, gettext("The payment was declined. Nothing was taken."))
        case Waiting():
            messages.info(request, gettext("Please transfer the amount with the reference shown below."))
        case _:
            said = gettext("We could not reach the payment company. We go on asking for you.")
            messages.info(request, said)
    return HttpResponseRedirect(reverse("top_up", args=[row]))


def _once(request: HttpRequest) -> UUID:
    """Return the key of the page that a form stood on; a new one where it carries none that could be ours."""
    try:
        return UUID(request.POST.get("once", ""))
    except ValueError:
        return uuid4()


def _bank_rows(brand: BrandRow) -> tuple[tuple[str, str], ...]:
    """Return the brand's account as a payer types it: label and value."""
    bank = brand.bank
    labels = {
        "holder": gettext("Account holder"), "iban": "IBAN", "account": gettext("Account number"),
        "bic": "BIC", "bank": gettext("Bank"),
    }  # fmt: skip
    return tuple(
        (label, in_fours(bank[key]) if key == "iban" else bank[key])
        for key, label in labels.items()
        if bank.get(key)
    )


def _act(request: HttpRequest) -> Act:
    """Return the act of a customer who looks after their bills."""
    return act_of(request, role="customer", purpose="billing")


credit_urls = [
    path("credit/", credit, name="credit"),
    path("credit/invoices/<uuid:invoice>/", credit_use, name="credit_use"),
    path("credit/top-ups/", top_up_begin, name="top_up_begin"),
    path("credit/top-ups/<uuid:wanted>/", top_up_page, name="top_up"),
    path("credit/top-ups/<uuid:wanted>/pay/", top_up_pay, name="top_up_pay"),
]
"""Under /account/."""
