"""A promo code in the cart: put in, taken out."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from hostkeep.faces.signin.pace import TooOften, keep_pace
from hostkeep.faces.storefront.cart import cart_page
from hostkeep.faces.storefront.cart_keeping import cart_of
from hostkeep.faces.storefront.products import role_of
from hostkeep.faces.storefront.shop_forms import refuse_undeclared
from hostkeep.faces.ui.accounts import account_or_none
from hostkeep.faces.ui.acts import act_of
from hostkeep.kernel.errors import Foreseen
from hostkeep.shop.actions.promos import put_in_promo, take_out_promo
from hostkeep.shop.errors import (
    NoSuchCart,
    NoSuchPromo,
    PromoNewOnly,
    PromoNotForThese,
    PromoOtherCurrency,
    PromoUnderLeast,
    PromoUsedBefore,
)

REFUSED: tuple[type[Foreseen], ...] = (
    NoSuchCart, NoSuchPromo, PromoNewOnly, PromoNotForThese, PromoOtherCurrency, PromoUnderLeast,
    PromoUsedBefore, TooOften,
)  # fmt: skip


@require_POST
def change_promo(request: HttpRequest) -> HttpResponse:
    """Put a code into the cart, or take it out; the button says which.

    Trying is paced by a hash of the network, whether the code is good or not, so that nobody guesses codes.
    """
    refuse_undeclared(request, {"promo"})
    account = account_or_none(request)
    held = cart_of(request, account)
    if held is None:
        return cart_page(request, None, NoSuchCart())
    act = act_of(request, role=role_of(account), purpose="cart")
    if request.POST.get("go") == "remove":
        take_out_promo(act, cart=held.id)
        return HttpResponseRedirect("/cart/")
    try:
        keep_pace(request, "promo")
        put_in_promo(
            act, cart=held.id, typed=request.POST.get("promo", ""), account=account.id if account else None
        )
    except REFUSED as refusal:
        return cart_page(request, held, refusal)
    return HttpResponseRedirect("/cart/")
