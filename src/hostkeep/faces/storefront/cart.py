"""The cart: look at it, change quantities, take lines out, change the currency."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST, require_safe

from hostkeep.brands.queries import BrandRow
from hostkeep.faces.storefront.cart_keeping import COOKIE, RECEIPTS, cart_of, declared
from hostkeep.faces.storefront.products import role_of
from hostkeep.faces.storefront.shop_forms import refuse_undeclared
from hostkeep.faces.storefront.use_prices import use_of_lines
from hostkeep.faces.ui.accounts import account_or_none
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.errors import title_of
from hostkeep.faces.ui.pages import show
from hostkeep.kernel.errors import Foreseen
from hostkeep.shop.actions.carting import remove_add_on, remove_line, set_quantity, switch_currency
from hostkeep.shop.errors import BadQuantity, NoSuchCart, NoSuchLine
from hostkeep.shop.rules.pricing import read_quantity
from hostkeep.shop.rules.promo import LONGEST
from hostkeep.shop.rules.rows import CartRow


@require_safe
def cart(request: HttpRequest) -> HttpResponse:
    """Show the cart of this browser."""
    return cart_page(request, cart_of(request, account_or_none(request)))


@require_POST
def change_line(request: HttpRequest, line: UUID) -> HttpResponse:
    """Set the quantity of a line, take it out, or an add-on of it; the button says which."""
    refuse_undeclared(request, {"quantity", "add_on"})
    account = account_or_none(request)
    held = cart_of(request, account)
    if held is None:
        return cart_page(request, None, NoSuchCart())
    act = act_of(request, role=role_of(account), purpose="cart")
    try:
        if request.POST.get("go") == "remove":
            remove_line(act, cart=held.id, line=line)
        elif request.POST.get("go") == "remove_add_on":
            remove_add_on(act, cart=held.id, line=line, add_on=request.POST.get("add_on", ""))
        else:
            quantity = read_quantity(request.POST.get("quantity", ""))
            set_quantity(act, cart=held.id, line=line, quantity=quantity)
    except (BadQuantity, NoSuchCart, NoSuchLine) as refusal:
        return cart_page(request, held, refusal)
    return HttpResponseRedirect("/cart/")


@require_POST
def change_currency(request: HttpRequest) -> HttpResponse:
    """Price the cart in another currency.  Raises NoSuchCurrency."""
    refuse_undeclared(request, {"currency"})
    account = account_or_none(request)
    held = cart_of(request, account)
    if held is None:
        return cart_page(request, None, NoSuchCart())
    act = act_of(request, role=role_of(account), purpose="cart")
    switch_currency(act, cart=held.id, currency=request.POST.get("currency", ""))
    return HttpResponseRedirect("/cart/")


def promo_problem(held: CartRow | None) -> str:
    """Say why the code that lies in a cart does not apply; nothing where it does."""
    if held is None or held.promo is None or held.promo.problem is None:
        return ""
    return title_of(held.promo.problem)


def cart_page(request: HttpRequest, held: CartRow | None, refusal: Foreseen | None = None) -> HttpResponse:
    """Draw a cart, with what must be put right above it."""
    brand: BrandRow = request.brand  # type: ignore[attr-defined]
    lines = held.lines.open() if held else ()
    context = {
        "cart": held,
        "lines": lines,
        "metered": use_of_lines(request, held, lines),
        "problem": title_of(refusal) if refusal else "",
        "promo_problem": promo_problem(held),
        "typed": request.POST.get("promo", "")[:LONGEST],
        "currency": held.currency.code if held else brand.currencies[0],
        "cookie": declared(request, COOKIE),
        "receipts": declared(request, RECEIPTS),
        "cart_count": held.pieces if held else 0,
    }
    return show(request, "storefront/cart.html", context, status=refusal.status if refusal else 200)
