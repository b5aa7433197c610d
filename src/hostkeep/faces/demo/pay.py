"""/demo/pay/: the hosted page of the test gateway.  No real money; it plays the outside world."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods, require_safe

from hostkeep.faces.demo.pay_api import gateway_folder, gateway_secret
from hostkeep.faces.demo.pay_book import Kept, PayBook
from hostkeep.faces.demo.pay_telling import tell_shop
from hostkeep.faces.ui.pages import show


@require_safe
def pay_list(request: HttpRequest) -> HttpResponse:
    """Show the newest charges of the test gateway."""
    return show(request, "demo/pay_list.html", {"charges": PayBook(gateway_folder()).newest()})


@require_http_methods(["GET", "HEAD", "POST"])
def pay_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show a charge to its payer, and take their decision.

    do=pay, do=decline; do=pay_silently pays and loses the call-back, for trying what a shop does then;
    do=tell sends the call-back once more.
    """
    book = PayBook(gateway_folder())
    kept = book.by_token(token)
    if kept is None:
        raise Http404
    if request.method != "POST":
        return show(request, "demo/pay.html", {"charge": kept})
    done = _done(book, kept, request.POST.get("do", ""))
    if done is None:
        return show(request, "demo/pay.html", {"charge": kept}, status=422)
    return HttpResponseRedirect(reverse("demo_pay_done", args=[token]))


@require_safe
def pay_done(request: HttpRequest, token: str) -> HttpResponse:
    """Send the payer back to the shop.

    By a page that moves on, not by a redirect: browsers hold a form's redirects to where it may post.
    """
    kept = PayBook(gateway_folder()).by_token(token)
    if kept is None or kept.state == "open":
        raise Http404
    return show(request, "demo/pay_done.html", {"charge": kept})


def _done(book: PayBook, kept: Kept, deed: str) -> Kept | None:
    """Do what the payer decided; None if it is nothing we know."""
    if deed == "pay_silently":
        return book.pay(kept.token)
    decide = {"pay": book.pay, "decline": book.decline, "tell": book.by_token}.get(deed)
    decided = decide(kept.token) if decide else None
    if decided is None or decided.state == "open":
        return None
    tell_shop(book, decided, secret=gateway_secret())
    return decided


pay_urls = [
    path("demo/pay/", pay_list, name="demo_pay"),
    path("demo/pay/<slug:token>/", pay_page, name="demo_pay_page"),
    path("demo/pay/<slug:token>/done/", pay_done, name="demo_pay_done"),
]
"""On the operator's host alone."""
