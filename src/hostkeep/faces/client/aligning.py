"""One day of the month for all that recurs: looked at first, then asked for."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from hostkeep.faces.client.account import account_of, customers_only
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.errors import title_of
from hostkeep.faces.ui.forgery import TOKEN
from hostkeep.faces.ui.pages import posted, show
from hostkeep.faces.ui.reading import UndeclaredField
from hostkeep.faces.ui.telling import told
from hostkeep.flows import aligning
from hostkeep.kernel.act import Act
from hostkeep.subscriptions.errors import BadPrice, BadTerm, NoSuchMove
from hostkeep.subscriptions.rules.terms import LAST_DAY

KEYS = frozenset({"day", "seen", TOKEN})
HERE = "/account/services/day/"


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@customers_only
def one_day(request: HttpRequest) -> HttpResponse:
    """Show what bringing services to one day of the month would cost; with a post, bring them there."""
    if request.method != "POST":
        return _page(request, request.GET.get("day", ""))
    given = posted(request)
    if set(given) - KEYS:
        raise UndeclaredField(field="?")
    typed = request.POST.get("day", "")
    try:
        moved = aligning.bring(
            _act(request), of=account_of(request).id, day=_day(typed),
            seen=dict(_seen(text) for text in request.POST.getlist("seen")),
        )  # fmt: skip
    except BadPrice:
        return _page(request, typed, gettext("Something changed meanwhile. Please look at it again."), 409)
    except (BadTerm, NoSuchMove) as no:
        return _page(request, typed, title_of(no), no.status)
    if not moved:
        return _page(request, typed, gettext("Choose at least one service."), 422)
    messages.success(request, ngettext(
        "%(count)s service is brought to that day.", "%(count)s services are brought to that day.", moved
    ) % {"count": moved})  # fmt: skip
    return HttpResponseRedirect("/account/services/")


def _page(request: HttpRequest, typed: str, problem: str = "", status: int = 200) -> HttpResponse:
    """Draw the page, with what each service would come to once a day is chosen."""
    account = account_of(request)
    shown: tuple[aligning.Brought, ...] = ()
    if typed:
        try:
            shown = aligning.preview(account.id, day=_day(typed))
        except BadTerm:
            problem, status = gettext("Choose a day from 1 to 31."), 422
    names = told(_act(request), [each.row for each in shown])
    return show(request, "client/services_day.html", {
        "days": range(1, LAST_DAY + 1),
        "day": int(typed) if shown else typed,
        "rows": [
            (each, name.told.title, f"{each.row.id} {each.stub.end.isoformat()} {each.price.minor}")
            for each, name in zip(shown, names, strict=True)
        ],
        "asked": bool(typed) and status == 200,  # noqa: PLR2004  an answer without a refusal
        "some": bool(aligning.movable(account.id)),
        "problem": problem,
        "net": request.brand.prices == "net",  # type: ignore[attr-defined]
    }, status=status)  # fmt: skip


def _day(text: str) -> int:
    """Read a day of the month.  Raises BadTerm."""
    if not (text.isascii() and text.isdigit() and len(text) <= 2 and 1 <= int(text) <= LAST_DAY):  # noqa: PLR2004
        raise BadTerm(why="align_day")
    return int(text)


def _seen(text: str) -> tuple[UUID, tuple[datetime, int]]:
    """Read what the page wrote of one service.  Raises BadPrice."""
    try:
        name, end, minor = text.split(" ")
        return UUID(name), (datetime.fromisoformat(end), int(minor))
    except ValueError:
        raise BadPrice from None


def _act(request: HttpRequest) -> Act:
    """Return the act of a customer who looks after their services."""
    return act_of(request, role="customer", purpose="service")


aligning_urls = [path("services/day/", one_day, name="services_day")]
"""Under /account/."""
