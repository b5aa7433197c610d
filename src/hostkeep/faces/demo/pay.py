"""/demo/pay/: the hosted page of the test gateway.  No real money; it plays the outside world."""

from __future__ import annotations

import time
from datetime import timedelta

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods, require_safe

from hostkeep.faces.demo.pay_api import gateway_folder, gateway_secret
from hostkeep.faces.demo.pay_back import DisputeState, backs_of, dispute, dispute_of, end_dispute
from hostkeep.faces.demo.pay_book import Kept, PayBook
from hostkeep.faces.demo.pay_methods import decline_method, leave, method_by_token
from hostkeep.faces.demo.pay_out import OutState, end_out, holds, outs_of, pay_out
from hostkeep.faces.demo.pay_telling import message_of_dispute, message_of_method, tell, tell_shop
from hostkeep.faces.ui.pages import show
from hostkeep.kernel.words import gettext_noop
from hostkeep.runtime import clock

ARGUES: dict[str, DisputeState] = {"dispute": "open", "won": "won", "lost": "lost"}
ORIGINS = (
    ("US", gettext_noop("United States")), ("DE", gettext_noop("Germany")), ("VN", gettext_noop("Vietnam")),
    ("KP", gettext_noop("North Korea")),
)  # fmt: skip
"""Where a made-up card may be from: three countries that shops sell to, and one that a shop may refuse."""

SHOWN = timedelta(days=90)
"""So far back pay-outs are shown."""

LEAVES = frozenset({"leave", "leave_careful", "decline"})


ENDS: dict[str, OutState] = {"arrived": "arrived", "failed": "failed"}


@require_http_methods(["GET", "HEAD", "POST"])
def pay_list(request: HttpRequest) -> HttpResponse:
    """Show the newest charges of the test gateway, what it holds and what it paid out.

    do=pay_out pays out all that is held; do=arrived and do=failed say what became of the pay-out `out`.
    """
    book, deed = PayBook(gateway_folder()), request.POST.get("do", "")
    if deed == "pay_out":
        pay_out(book, on=clock.now().date())
    elif deed in ENDS:
        end_out(book, request.POST.get("out", ""), ENDS[deed])
    if request.method == "POST":
        return HttpResponseRedirect(request.path)
    outs = outs_of(book, since=(clock.now() - SHOWN).date())
    return show(request, "demo/pay_list.html", {"charges": book.newest(), "holds": holds(book), "outs": outs})


@require_http_methods(["GET", "HEAD", "POST"])
def pay_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show a charge to its payer, and take their decision.

    do=pay, do=decline; do=pay_silently pays and loses the call-back, for trying what a shop does then;
    country, two letters, is where the made-up card is from.
    do=tell sends the call-back once more; do=dispute has the bank take a paid charge back, do=won and do=lost
    end that.
    """
    book = PayBook(gateway_folder())
    kept = book.by_token(token)
    if kept is None:
        raise Http404
    deed = request.POST.get("do", "")
    if request.method != "POST":
        return _page(request, book, kept)
    if deed in ARGUES:
        argued = _argue(book, kept, deed)
        return HttpResponseRedirect(request.path) if argued else _page(request, book, kept, 422)
    if request.POST.get("country") in dict(ORIGINS):
        book.note_origin(kept, request.POST["country"])
    if _done(book, kept, deed) is None:
        return _page(request, book, kept, 422)
    return HttpResponseRedirect(reverse("demo_pay_done", args=[token]))


@require_http_methods(["GET", "HEAD", "POST"])
def method_page(request: HttpRequest, token: str) -> HttpResponse:
    """Let a payer leave a made-up card: do=leave, do=leave_careful (its bank asks each time), do=decline."""
    book = PayBook(gateway_folder())
    left = method_by_token(book, token)
    if left is None:
        raise Http404
    if request.method != "POST":
        return show(request, "demo/pay_method.html", {"method": left})
    deed = request.POST.get("do", "")
    if deed not in LEAVES:
        return show(request, "demo/pay_method.html", {"method": left}, status=422)
    careful = deed == "leave_careful"
    decided = decline_method(book, token) if deed == "decline" else leave(book, token, careful=careful)
    if decided is not None:
        tell(decided.tell, message_of_method(decided), secret=gateway_secret())
    return show(request, "demo/pay_done.html", {"charge": decided})


@require_safe
def pay_done(request: HttpRequest, token: str) -> HttpResponse:
    """Send the payer back to the shop.

    By a page that moves on, not by a redirect: browsers hold a form's redirects to where it may post.
    """
    kept = PayBook(gateway_folder()).by_token(token)
    if kept is None or kept.state == "open":
        raise Http404
    return show(request, "demo/pay_done.html", {"charge": kept})


def _page(request: HttpRequest, book: PayBook, kept: Kept, status: int = 200) -> HttpResponse:
    """Show a charge, and what became of its money."""
    context = {"charge": kept, "backs": backs_of(book, kept), "dispute": dispute_of(book, kept)}
    context |= {"origins": ORIGINS, "origin": book.origin(kept)}
    return show(request, "demo/pay.html", context, status=status)


def _argue(book: PayBook, kept: Kept, deed: str) -> bool:
    """Dispute a paid charge, or end that, and tell the shop; False where there is nothing to dispute."""
    if kept.state != "paid":
        return False
    begins = deed == "dispute"
    argued = dispute(book, kept, at=time.time()) if begins else end_dispute(book, kept, ARGUES[deed])
    if argued is None:
        return False
    tell(kept.tell, message_of_dispute(argued), secret=gateway_secret())
    return True


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
    path("demo/pay/methods/<slug:token>/", method_page, name="demo_pay_method"),
    path("demo/pay/<slug:token>/", pay_page, name="demo_pay_page"),
    path("demo/pay/<slug:token>/done/", pay_done, name="demo_pay_done"),
]
"""On the operator's host alone."""
