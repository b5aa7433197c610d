"""Which cart a browser holds, and how: in a cookie where the policy declares one, else in its session.

No page sets anything when it is looked at; the first post to the cart does.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from hostkeep.faces.ui.accounts import account_or_none
from hostkeep.faces.ui.acts import act_of, brand_id_of
from hostkeep.faces.ui.pages import language_of
from hostkeep.people.queries import AccountRow
from hostkeep.policy.book import Cookie
from hostkeep.shop.queries import carts
from hostkeep.shop.rules.rows import CartRow
from hostkeep.shop.rules.tokens import hash_of, receipts_token

COOKIE = "__Host-cart"
RECEIPTS = "__Host-receipts"
KEY = "cart"
"""Where the session keeps the token."""


class CartCount:
    """Middleware: every page can show how many pieces lie in the cart; read only where one does."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Leave the count on the request."""
        if getattr(request, "brand", None) is not None:
            request.cart_count = SimpleLazyObject(lambda: count_pieces(request))  # type: ignore[attr-defined]
        return self.get_response(request)


def declared(request: HttpRequest, name: str) -> Cookie | None:
    """Return the policy's declaration of a cookie, or None where it has none."""
    policy = getattr(request, "policy", None)
    found: Cookie | None = policy.cookies.get(name) if policy else None
    return found


def token_of(request: HttpRequest) -> str:
    """Return the token of the cart the browser holds, or an empty text.  It opens no session."""
    if declared(request, COOKIE):
        return request.COOKIES.get(COOKIE, "")
    if settings.SESSION_COOKIE_NAME in request.COOKIES:
        return str(request.session.get(KEY, ""))
    return ""


def keep_token(request: HttpRequest, response: HttpResponse, token: str) -> None:
    """Let the browser hold a cart."""
    cookie = declared(request, COOKIE)
    if cookie:
        _set(response, cookie, token)
    else:
        request.session[KEY] = token


def keep_receipts_token(request: HttpRequest, response: HttpResponse) -> str:
    """Let the browser hold its receipts; return the token's hash.

    Where the policy declares no such cookie nothing is set, and the text is empty.
    """
    cookie = declared(request, RECEIPTS)
    cart = token_of(request)
    token = request.COOKIES.get(RECEIPTS, "") or (receipts_token(cart) if cart else "")
    if cookie is None or not token:
        return ""
    _set(response, cookie, token)
    return hash_of(token)


def cart_of(request: HttpRequest, account: AccountRow | None) -> CartRow | None:
    """Return the cart the browser holds, else the account's own, else None.

    A cart of another account than the one signed in is no cart; for a visitor, none of an account's is: the
    browser may be somebody else's by now.
    """
    language, token = language_of(request), token_of(request)
    act = act_of(request, role="customer" if account else "visitor", purpose="cart")
    own = account.id if account else None
    held = carts.cart_by_token(act, hash_of(token), account=own, language=language) if token else None
    if held is not None or own is None:
        return held
    return carts.cart_of_account(act, own, language=language)


def count_pieces(request: HttpRequest) -> int:
    """Return how many pieces lie in the cart of this browser, else in the account's.

    A visitor without a cart costs no query, one with a cart a single one.
    """
    brand, token, account = brand_id_of(request), token_of(request), account_or_none(request)
    if token:
        return carts.pieces_by_token(brand, hash_of(token), account=account.id if account else None)
    return carts.pieces_of_account(brand, account.id) if account else 0


def _set(response: HttpResponse, cookie: Cookie, token: str) -> None:
    """Put a token into its cookie, for as long as declared."""
    response.set_cookie(
        cookie.name, token, max_age=cookie.life, secure=True, httponly=True, samesite="Lax", path="/"
    )
