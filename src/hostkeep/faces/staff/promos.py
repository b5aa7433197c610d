"""Promo codes in the back office: which there are, how they are used, making one, switching one off."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_date
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hostkeep.brands.queries import BrandRow, all_brands
from hostkeep.brands.queries import brand as brand_row
from hostkeep.faces.staff.access import role_of, staff_only
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.amounts import locale_of, money_text
from hostkeep.faces.ui.errors import title_of
from hostkeep.faces.ui.pages import language_of, show
from hostkeep.faces.ui.promo_reading import Typed, percent_text, read_promo
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.money import money
from hostkeep.kernel.words import gettext_noop
from hostkeep.runtime import clock
from hostkeep.shop.actions.promos import make_promo, switch_off_promo, switch_on_promo
from hostkeep.shop.errors import BadPromo, PromoTaken
from hostkeep.shop.queries.promo_choices import choices_of
from hostkeep.shop.queries.promos import PromoUse, promo_use, promos

HERE = "/staff/promos/"
A_MOMENT = timedelta(microseconds=1)
"""A code holds until the last moment of its last day."""

STATES = {
    "on": gettext_noop("In use"), "off": gettext_noop("Switched off"), "early": gettext_noop("Not yet"),
    "over": gettext_noop("Over"), "used_up": gettext_noop("Used up"),
}  # fmt: skip
FIELDS = {
    "code": gettext_noop("A code has 3 to 40 letters A to Z, digits, hyphens and underscores."),
    "title": gettext_noop("Say what invoices call it, in at most 80 letters."),
    "kind": gettext_noop("Choose a part of the price or an amount."),
    "value": gettext_noop(
        "A part is more than nothing and at most 100, an amount more than nothing, both without a sign and"
        " with no more decimals than there are."
    ),
    "currency": gettext_noop("An amount has one currency, and a least amount the same."),
    "groups": gettext_noop("Choose shelves that are there."),
    "products": gettext_noop("Choose products that are there."),
    "plans": gettext_noop("Choose plans that are there."),
    "months": gettext_noop("Choose terms that are there."),
    "periods": gettext_noop("Write for how many terms, or choose for good."),
    "least": gettext_noop("Write least amounts such as 25 or 12.50, or leave them empty."),
    "most_uses": gettext_noop("Write a whole number of uses, or leave it empty."),
    "most_each": gettext_noop("Write a whole number of uses by one customer, or leave it empty."),
    "starts_at": gettext_noop("Write the first day as a date."),
    "ends_at": gettext_noop("The last day must be a date that is not over and not before the first."),
}
"""What is wrong with a field, and what to write."""


@require_safe
@staff_only("promos")
def promo_list(request: HttpRequest) -> HttpResponse:
    """List codes with their use, newest first.  ?brand= chooses."""
    brands = all_brands()
    chosen = _chosen(request, brands)
    language = language_of(request)
    return show(request, "staff/promos.html", {
        "rows": [_said(row, language) for row in promos(chosen.id if chosen else None)],
        "brands": brands,
        "chosen": chosen.id if chosen else "",
    })  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only("promos")
def promo_new(request: HttpRequest) -> HttpResponse:
    """Ask what a code is to be; with a post, make it.  ?brand= says whose."""
    brands = all_brands()
    chosen = _chosen(request, brands) or brands[0]
    if request.method != "POST":
        return _form(request, chosen)
    act = _act(request, chosen.id)
    try:
        made = make_promo(act, making=read_promo(_typed(request), chosen, at=act.at))
    except BadPromo as refusal:
        return _form(request, chosen, str(refusal.facts["field"]))
    except PromoTaken as refusal:
        return _form(request, chosen, "code", title_of(refusal))
    messages.success(request, gettext("%(code)s is made.") % {"code": promo_use(made.promo).promo.code})
    return HttpResponseRedirect(f"{HERE}?brand={chosen.id}")


@require_POST
@staff_only("promos")
def promo_switch(request: HttpRequest, promo: UUID) -> HttpResponse:
    """Switch a code off or on again; the button says which.  Raises NoSuchPromoCode."""
    row = promo_use(promo)
    act = _act(request, row.brand)
    if request.POST.get("go") == "on":
        switch_on_promo(act, promo=promo)
        messages.success(request, gettext("%(code)s is in use again.") % {"code": row.promo.code})
    else:
        switch_off_promo(act, promo=promo)
        messages.success(request, gettext("%(code)s is switched off.") % {"code": row.promo.code})
    return HttpResponseRedirect(f"{HERE}?brand={row.brand}")


def _typed(request: HttpRequest) -> Typed:
    """Return what the form says."""
    sent = request.POST
    texts = {name: str(sent.get(name, ""))[:200] for name in sent}
    if sent.get("always"):
        texts["periods"] = "always"
    return Typed(
        texts, groups=sent.getlist("groups"), products=sent.getlist("products"),
        months=sent.getlist("months"), new_only=bool(sent.get("new_only")),
    )  # fmt: skip


def _form(request: HttpRequest, brand: BrandRow, field: str = "", problem: str = "") -> HttpResponse:
    """Draw the form as it was filled in, with what is wrong above it."""
    sent = request.POST
    return show(request, "staff/promos_new.html", {
        "brands": all_brands(),
        "row": brand,
        "choices": choices_of(brand.id, language=language_of(request)),
        "least": [(code, sent.get(f"least_{code}", "")) for code in brand.currencies],
        "sent": sent,
        "groups": sent.getlist("groups"),
        "products": sent.getlist("products"),
        "months": sent.getlist("months"),
        "field": {"starts_at": "starts", "ends_at": "ends"}.get(field, field),
        "problem": problem or (gettext(FIELDS[field]) if field else ""),
    }, status=422 if field else 200)  # fmt: skip


def _said(row: PromoUse, language: str) -> dict[str, Any]:
    """Say what a code does, as a row of the list shows it."""
    promo, zone = row.promo, ZoneInfo(brand_row(row.brand).zone)
    state = row.state(clock.now())
    return {
        "row": row,
        "off": f"{percent_text(promo.value)} %" if promo.kind == "percent"
        else money_text(money(promo.value, promo.currency), language),
        "bound": [*promo.groups, *promo.products, *promo.plans],
        "least": [money_text(money(minor, code), language) for code, minor in promo.least.items()],
        "state": state,
        "state_said": gettext(STATES[state]),
        "starts": _day(promo.starts_at, zone, language),
        "ends": _day(promo.ends_at - A_MOMENT, zone, language) if promo.ends_at else "",
        "zone": str(zone),
        "given": [money_text(amount, language) for amount in row.given],
    }  # fmt: skip


def _day(at: datetime, zone: ZoneInfo, language: str) -> str:
    """Write the day on which a moment falls at a brand."""
    return str(format_date(at.astimezone(zone).date(), "medium", locale=locale_of(language)))


def _chosen(request: HttpRequest, brands: tuple[BrandRow, ...]) -> BrandRow | None:
    """Return the brand that the address names, or None."""
    wanted = request.GET.get("brand", "")
    return next((row for row in brands if row.id == wanted), None)


def _act(request: HttpRequest, brand: BrandId) -> Act:
    """Return the act of a staff member who looks after what a brand sells."""
    return act_of(request, role=role_of(request), purpose="order", brand=brand)


promo_urls = [
    path("promos/", promo_list, name="staff_promos"),
    path("promos/new/", promo_new, name="staff_promo_new"),
    path("promos/<uuid:promo>/switch/", promo_switch, name="staff_promo_switch"),
]
"""Under /staff/."""
