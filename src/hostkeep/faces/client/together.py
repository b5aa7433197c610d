"""/account/invoices/together/: several open invoices paid at once, by a gateway or from credit."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from hostkeep.billing.errors.credit import BadTogether
from hostkeep.billing.errors.documents import AlreadyPaid
from hostkeep.billing.queries.credit import credit_of
from hostkeep.billing.queries.together import Together, open_together
from hostkeep.billing.rules.crediting import OWED_KINDS
from hostkeep.faces.client.account import account_of, customers_only
from hostkeep.faces.client.credit import after_asking
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.amounts import money_text
from hostkeep.faces.ui.form_keys import form_key
from hostkeep.faces.ui.pages import language_of, show
from hostkeep.faces.ui.paying_links import links
from hostkeep.flows import paying, paying_together
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import InvoiceId
from hostkeep.kernel.money import CURRENCIES, Money, total

LONGEST_SUM = 16


@require_safe
@never_cache
@customers_only
def together(request: HttpRequest) -> HttpResponse:
    """Show what is open, by currency, to choose from; of what is chosen (?invoice=), what it comes to."""
    return _page(request, _chosen(request.GET.getlist("invoice")))


@require_POST
@customers_only
def together_pay(request: HttpRequest) -> HttpResponse:
    """Pay what was chosen by the gateway named in the form, if it comes to what was shown."""
    chosen, sent = _chosen(request.POST.getlist("invoice")), request.POST
    expected = _expected(sent.get("expected", ""), sent.get("currency", ""))
    if expected is None:
        return _page(request, chosen, problem=gettext(BadTogether.title), status=422)
    try:
        begun = paying_together.pay_together(
            _act(request), of=account_of(request).id, invoices=chosen, expected=expected,
            gateway=sent.get("gateway", ""), once=f"together-{form_key(request)}", links=links(request),
        )  # fmt: skip
    except (BadTogether, AlreadyPaid) as refusal:
        return _page(request, chosen, problem=gettext(BadTogether.title), status=refusal.status)
    return after_asking(request, begun.asked, begun.top_up)


@require_POST
@customers_only
def together_credit(request: HttpRequest) -> HttpResponse:
    """Use credit on the invoices that were chosen, the first due first, as far as it reaches."""
    chosen = _chosen(request.POST.getlist("invoice"))
    account, language = account_of(request), language_of(request)
    found = open_together(account.id, chosen)
    payable = [row.id for each in found for row in each.chosen if row.kind in OWED_KINDS]
    used = paying_together.use_credit_on(
        _act(request), of=account.id, invoices=payable, once=form_key(request)
    )
    if not used:
        messages.error(request, gettext("There was no credit to use, or nothing is owed any more."))
        return HttpResponseRedirect(reverse("together"))
    for currency in dict.fromkeys(each.amount.currency for each in used):
        parts = [each for each in used if each.amount.currency == currency]
        amount = money_text(total([each.amount for each in parts], currency), language)
        said = ngettext(
            "%(amount)s of your credit went on %(count)s invoice.",
            "%(amount)s of your credit went on %(count)s invoices.", len(parts),
        )  # fmt: skip
        messages.success(request, said % {"amount": amount, "count": len(parts)})
    return HttpResponseRedirect(reverse("invoices"))


def _page(
    request: HttpRequest, chosen: Iterable[InvoiceId], *, problem: str = "", status: int = 200
) -> HttpResponse:
    """Draw the page."""
    account, act = account_of(request), _act(request)
    found = open_together(account.id, tuple(chosen))
    return show(request, "client/together.html", {
        "groups": [(each, _credit(request, each)) for each in found],
        "chosen": {row.id for each in found for row in each.chosen},
        "gateways": paying.gateways_of(act) if any(each.chosen for each in found) else (),
        "once": uuid4(),
        "problem": problem,
    }, status=status)  # fmt: skip


def _credit(request: HttpRequest, group: Together) -> Money | None:
    """Return how much of the account's credit the chosen invoices could take, or None."""
    if not group.credit_pays:
        return None
    held = credit_of(account_of(request).id, group.currency)
    return min(held, group.sum, key=lambda each: each.minor) if held.minor > 0 else None


def _chosen(said: Iterable[str]) -> list[InvoiceId]:
    """Read which invoices were chosen; what is no id is none."""
    found = []
    for each in said:
        try:
            found.append(InvoiceId(UUID(each)))
        except ValueError:
            continue
    return list(dict.fromkeys(found))


def _expected(minor: str, code: str) -> Money | None:
    """Read the sum as the page wrote it, in minor units."""
    if not (minor.isascii() and minor.isdecimal() and len(minor) <= LONGEST_SUM and code in CURRENCIES):
        return None
    return Money(int(minor), CURRENCIES[code])


def _act(request: HttpRequest) -> Act:
    """Return the act of a customer who looks after their bills."""
    return act_of(request, role="customer", purpose="billing")


together_urls = [
    path("invoices/together/", together, name="together"),
    path("invoices/together/pay/", together_pay, name="together_pay"),
    path("invoices/together/credit/", together_credit, name="together_credit"),
]
"""Under /account/."""
