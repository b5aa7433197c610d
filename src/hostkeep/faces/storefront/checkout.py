"""Checking out: who orders, what the policy asks for these products, how it is paid; then one button."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from hostkeep.billing.errors.documents import AlreadyPaid
from hostkeep.drivers.payments import Waiting
from hostkeep.faces.storefront.cart import cart_page, promo_problem
from hostkeep.faces.storefront.cart_keeping import cart_of, keep_receipts_token
from hostkeep.faces.storefront.shop_forms import SIGNS, asked_for
from hostkeep.faces.storefront.use_prices import use_of_lines
from hostkeep.faces.ui.accounts import account_or_none
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.fields import PolicyForm, blank_form
from hostkeep.faces.ui.order_forms import as_chosen, order_form
from hostkeep.faces.ui.pages import language_of, posted, reader_of, show
from hostkeep.faces.ui.paying_links import links
from hostkeep.faces.ui.reading import read_form
from hostkeep.faces.ui.signals import unticked_for
from hostkeep.flows import checkout as flow
from hostkeep.flows import paying
from hostkeep.flows.agreeing import choose_streams
from hostkeep.flows.number_checking import check_number
from hostkeep.flows.payer_places import learn_country
from hostkeep.kernel.act import Act
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.money import CURRENCIES, Money
from hostkeep.kernel.words import gettext_noop
from hostkeep.messaging.queries import choices_of
from hostkeep.people.queries import AccountRow
from hostkeep.policy.book import Policy
from hostkeep.shop.actions.adopting import adopt_cart
from hostkeep.shop.actions.ordering import keep_receipt
from hostkeep.shop.errors import (
    CartEmpty,
    NotForSale,
    PriceChanged,
    PromoGone,
    PromoNewOnly,
    PromoNotForThese,
    PromoOtherCurrency,
    PromoUnderLeast,
    PromoUsedBefore,
    SoldOut,
)
from hostkeep.shop.rules.rows import CartRow

OWN = frozenset({"once", "expected", "currency", "gateway"})
"""What the page itself sends along: the key of this view, the amount shown, the way to pay."""

ONCE_BYTES = 18
LONGEST_ONCE = 64
LONGEST_AMOUNT = 15

SHOWN_AGAIN: tuple[type[Foreseen], ...] = (
    CartEmpty, PriceChanged, SoldOut, NotForSale, PromoGone, PromoNewOnly, PromoNotForThese,
    PromoOtherCurrency, PromoUnderLeast, PromoUsedBefore,
)  # fmt: skip
"""Why nothing was ordered: the cart is shown again as it stands, without a discount that is given no more."""


class OldPage(Foreseen):
    """The page's own fields are missing or were changed."""

    code = "checkout.page.old"
    title = gettext_noop("This page is too old or was changed. Please check out again from the cart.")
    status = 422


@dataclass(frozen=True, slots=True)
class Sent:
    """What the page sent along with the answers."""

    once: str
    expected: Money
    gateway: str


@require_http_methods(["GET", "HEAD", "POST"])
def checkout(request: HttpRequest) -> HttpResponse:
    """Show what is ordered, asked and owed; a post orders it and goes to pay.

    A visitor is asked to sign up or log in first; the cart waits, and becomes the account's afterwards.
    """
    account = account_or_none(request)
    held = cart_of(request, account)
    if request.method == "POST":
        if account is None:
            return HttpResponseRedirect("/checkout/")
        return _order(request, account, held)
    if held is None or not held.ready:
        return cart_page(request, held)
    if account is None:
        return _account_step(request, held)
    if held.account is None:
        act = act_of(request, role="customer", purpose="cart")
        held = cart_of(request, account) if adopt_cart(act, cart=held.id, account=account.id) else held
    if held is None or not held.ready:
        return cart_page(request, held)
    policy: Policy = request.policy  # type: ignore[attr-defined]
    offered = unticked_for(request, order_form(policy, held.requires))
    own = as_chosen(offered, choices_of(account.subject, brand=account.brand))
    return _page(request, account, held, blank_form(policy, own, language=language_of(request)))


def _account_step(request: HttpRequest, held: CartRow) -> HttpResponse:
    """Ask a visitor to sign up or to log in."""
    policy: Policy = request.policy  # type: ignore[attr-defined]
    signup = policy.forms.get("signup")
    lines = held.lines.open()
    context = {
        "cart": held,
        "lines": lines,
        "metered": use_of_lines(request, held, lines),
        "asked": asked_for(policy, signup.fields if signup else (), language_of(request)),
        "clause": signup.closed_by if signup else "",
        "trail": _trail(),
    }
    return show(request, "storefront/checkout_account.html", context)


def _order(request: HttpRequest, account: AccountRow, held: CartRow | None) -> HttpResponse:
    """Read the form, order, and go to pay.  Raises UndeclaredField, OldPage, GatewayNotOffered."""
    policy: Policy = request.policy  # type: ignore[attr-defined]
    if held is None:
        return cart_page(request, None, CartEmpty())
    form = read_form(
        policy,
        order_form(policy, held.requires),
        posted(request),
        reader=reader_of(request),
        also=OWN | SIGNS,
    )
    sent = read_sent(request.POST)
    act = act_of(request, role="customer", purpose="order")
    if sent.expected.minor:
        paying.demand_offered(act, sent.gateway)
    if form.answers is None:
        return _page(request, account, held, form, chosen=sent.gateway, status=422)
    try:
        ordered = flow.place_order(
            act,
            cart=held.id,
            account=account.id,
            expected=sent.expected,
            once=sent.once,
            answers=form.answers.values,
        )
    except SHOWN_AGAIN as refusal:
        return cart_page(request, cart_of(request, account), refusal)
    choose_streams(
        act, subject=account.subject, choices=form.answers.choices, how="order", language=language_of(request)
    )
    response = HttpResponseRedirect(_next_stop(request, act, account, ordered, sent))
    token_hash = keep_receipts_token(request, response)
    if token_hash:
        keep_receipt(act, order=ordered.order, account=account.id, token_hash=token_hash)
    return response


def read_sent(sent: Mapping[str, str]) -> Sent:
    """Read what the page sent along.  Raises OldPage."""
    once, amount = sent.get("once", ""), sent.get("expected", "")
    currency = CURRENCIES.get(sent.get("currency", ""))
    if currency is None or not (amount.isascii() and amount.isdigit() and len(amount) <= LONGEST_AMOUNT):
        raise OldPage
    if not 0 < len(once) <= LONGEST_ONCE:
        raise OldPage
    return Sent(once, Money(int(amount), currency), sent.get("gateway", ""))


def _next_stop(
    request: HttpRequest, act: Act, account: AccountRow, ordered: flow.Ordered, sent: Sent
) -> str:
    """Ask the gateway, and return where the payer goes: its page, or the invoice.

    An order that costs nothing is settled already; nobody is asked.
    """
    invoice = f"/account/invoices/{ordered.invoice}/"
    if not sent.expected.minor:
        return invoice
    try:
        asked = paying.pay_invoice(
            act.for_purpose(flow.BILLING),
            of=account.id,
            invoice=ordered.invoice,
            gateway=sent.gateway,
            links=links(request),
        )
    except AlreadyPaid:
        return invoice
    match asked.outcome:
        case Waiting(visit=str(page)):
            return page
        case _:
            return invoice


def _page(
    request: HttpRequest,
    account: AccountRow,
    held: CartRow,
    form: PolicyForm,
    *,
    chosen: str = "",
    status: int = 200,
) -> HttpResponse:
    """Draw the page: the form, the ways to pay, the sums."""
    act = act_of(request, role="customer", purpose="order")
    gateways = paying.gateways_of(act)
    learn_country(act, account=account)
    check_number(act, account=account)
    lines = held.lines.open()
    context = {
        "cart": held,
        "lines": lines,
        "metered": use_of_lines(request, held, lines),
        "form": form,
        "quote": flow.quote(act, cart=held, account=account.id),
        "promo_problem": promo_problem(held),
        "gateways": gateways,
        "chosen": chosen or next(iter(gateways), ""),
        "once": secrets.token_urlsafe(ONCE_BYTES),
        "trail": _trail(),
    }
    return show(request, "storefront/checkout.html", context, status=status)


def _trail() -> tuple[Mapping[str, str | bool], ...]:
    """Return the steps of the checkout."""
    return (
        {"title": gettext("Cart"), "here": False},
        {"title": gettext("Details and payment"), "here": True},
        {"title": gettext("Done"), "here": False},
    )
