"""Price changes in the back office: listed, announced, counted by whom they are for, taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.dateparse import parse_date
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hostkeep.brands.queries import BrandRow, all_brands
from hostkeep.brands.queries import brand as brand_row
from hostkeep.faces.staff.access import role_of, staff_only
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.amounts import money_text, read_amount
from hostkeep.faces.ui.errors import title_of
from hostkeep.faces.ui.moments import day_text
from hostkeep.faces.ui.pages import language_of, show
from hostkeep.flows.price_changes import (
    OffSale,
    PlanPrice,
    Touched,
    announce,
    is_had,
    sold_no_more,
    touched,
)
from hostkeep.kernel.act import Act
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.money import CURRENCIES, Money
from hostkeep.kernel.words import gettext_noop
from hostkeep.runtime import clock
from hostkeep.shop.queries.add_ons import add_ons_on_file
from hostkeep.shop.queries.plans import plans_on_file
from hostkeep.subscriptions.actions.pricing import withdraw_price
from hostkeep.subscriptions.errors import BadPrice, DateOutOfReach, NoSuchPlan, NoticeTooShort, PriceLocked
from hostkeep.subscriptions.queries.prices import PriceChangeRow, price_change, price_changes
from hostkeep.subscriptions.rules.pricing import could_hold, promised
from hostkeep.subscriptions.rules.terms import FIRST_YEAR, LAST_YEAR

HERE = "/staff/prices/"
STATES = {
    "announced": gettext_noop("Announced"), "effective": gettext_noop("In force"),
    "withdrawn": gettext_noop("Taken back"),
}  # fmt: skip
REFUSED: dict[type[Foreseen], str] = {
    NoSuchPlan: "what", BadPrice: "amount", NoticeTooShort: "since", DateOutOfReach: "since",
    PriceLocked: "what",
}  # fmt: skip
"""The field that a refusal is about."""

BAD_AMOUNT = gettext_noop(
    "Write the price of a whole term, such as 12 or 12.50, without a sign and with no more decimals than its"
    " currency has."
)
BAD_DAY = gettext_noop("Write the day as a date, or leave it empty.")


@dataclass(frozen=True, slots=True)
class Shown:
    """A price change as the list shows it.  state: a key of STATES."""

    row: PriceChangeRow
    zone: str
    state: str
    said: str


@dataclass(frozen=True, slots=True)
class Looked:
    """What somebody is shown before they announce a price.  day: from when it would hold."""

    new: PlanPrice
    touched: Touched
    list_price: Money | None
    day: str


class Mistaken(Exception):
    """A field that cannot be read.  field: its name; words: what to write, in the active language."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(field)
        self.field = field
        self.words = words


@require_safe
@staff_only("billing")
def price_list(request: HttpRequest) -> HttpResponse:
    """List price changes, the last announced first.  ?brand= chooses."""
    brands = all_brands()
    chosen = _chosen(request, brands)
    now, zones = clock.now(), {row.id: row.zone for row in brands}
    rows = price_changes(chosen.id if chosen else None)
    return show(request, "staff/prices.html", {
        "rows": [
            Shown(row, zones.get(row.brand, "UTC"), row.state(now), gettext(STATES[row.state(now)]))
            for row in rows
        ],
        "brands": brands,
        "chosen": chosen.id if chosen else "",
    })  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only("billing")
def price_new(request: HttpRequest) -> HttpResponse:
    """Ask for a new price; go=look shows whom it is for, go=announce announces it.  ?brand= says whose."""
    brands = all_brands()
    brand = _chosen(request, brands) or brands[0]
    if request.method != "POST":
        return _form(request, brand)
    act = _act(request, brand.id)
    if request.POST.get("go") == "seek":
        return _form(request, brand, off_sale=sold_no_more(act))
    try:
        new, since = _typed(request, brand)
        if request.POST.get("go") == "announce":
            announced = announce(act, new=new, since=since)
        else:
            return _form(request, brand, looked=_looked(request, act, brand, new, since))
    except Mistaken as no:
        return _form(request, brand, field=no.field, problem=no.words)
    except (NoSuchPlan, BadPrice, NoticeTooShort, DateOutOfReach, PriceLocked) as no:
        return _form(request, brand, field=REFUSED[type(no)], problem=_words(request, brand, no))
    messages.success(request, gettext("Announced. It holds for terms that begin from %(day)s on.") % {
        "day": day_text(announced.effective_at, brand.zone, language_of(request))
    })  # fmt: skip
    return HttpResponseRedirect(f"{HERE}?brand={brand.id}")


@require_POST
@staff_only("billing")
def price_count(request: HttpRequest, change: UUID) -> HttpResponse:
    """Count the subscriptions that a price change is for.  Raises NoSuchChange."""
    row = price_change(change)
    found = touched(
        _act(request, row.brand), new=PlanPrice(row.product, row.plan, row.each, row.add_on),
        before=row.announced_at,
    )  # fmt: skip
    what = " ".join(filter(None, (row.product, row.plan, row.add_on)))
    messages.info(request, f"{what}: {count_text(found)}")
    return HttpResponseRedirect(f"{HERE}?brand={row.brand}")


@require_POST
@staff_only("billing")
def price_withdraw(request: HttpRequest, change: UUID) -> HttpResponse:
    """Take a price change back.  Raises NoSuchChange, PriceHolds."""
    row = price_change(change)
    withdraw_price(_act(request, row.brand), change=change)
    messages.success(request, gettext("The price is taken back. Terms that begin later cost what they did."))
    return HttpResponseRedirect(f"{HERE}?brand={row.brand}")


def count_text(found: Touched) -> str:
    """Say how many subscriptions a new price is for."""
    said = ngettext(
        "%(count)s subscription is touched.", "%(count)s subscriptions are touched.", found.count
    ) % {"count": found.count}  # fmt: skip
    return said if found.is_whole else f"{said} {gettext('There are more: not all were looked through.')}"


def _looked(
    request: HttpRequest, act: Act, brand: BrandRow, new: PlanPrice, since: datetime | None
) -> Looked:
    """Weigh a new price as announcing does, and count whom it is for.

    Raises NoSuchPlan, PriceLocked, NoticeTooShort, DateOutOfReach.
    """
    prices = _known(request, brand, new)
    holds = could_hold(promised(brand.words), announced_at=act.at, since=since)
    return Looked(
        new, touched(act, new=new, before=act.at), prices.get(new.each.currency.code),
        day_text(holds, brand.zone, language_of(request)),
    )  # fmt: skip


def _known(request: HttpRequest, brand: BrandRow, new: PlanPrice) -> Mapping[str, Money]:
    """Return the catalogue's prices of what of the brand a price is for, by currency.  Raises NoSuchPlan."""
    language = language_of(request)
    wanted = (new.product, new.plan, new.add_on)
    for row in plans_on_file(brand.id, language=language):
        if (row.product, row.plan, "") == wanted:
            return row.prices
    for beside in add_ons_on_file(brand.id, language=language):
        if (beside.product, beside.plan, beside.add_on) == wanted:
            return beside.prices
    if new.add_on and is_had(_act(request, brand.id), new=new):
        return {}
    raise NoSuchPlan


def _typed(request: HttpRequest, brand: BrandRow) -> tuple[PlanPrice, datetime | None]:
    """Return the plan or add-on, its price and the day that a form names.  Raises Mistaken."""
    product, _, rest = str(request.POST.get("what", ""))[:200].partition("/")
    plan, _, add_on = rest.partition("/")
    code = str(request.POST.get("currency", ""))
    typed = str(request.POST.get("amount", ""))
    each = read_amount(typed, CURRENCIES[code]) if code in brand.currencies else None
    if each is None:
        raise Mistaken("amount", gettext(BAD_AMOUNT))
    since = _since(str(request.POST.get("since", "")).strip(), brand.zone)
    return PlanPrice(product, plan, each, add_on), since


def _since(text: str, zone: str) -> datetime | None:
    """Return when a day begins at a brand; None for no day.  Raises Mistaken."""
    if not text:
        return None
    day: date | None
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise Mistaken("since", gettext(BAD_DAY))
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Mistaken("since", title_of(DateOutOfReach()))
    return datetime.combine(day, time(), ZoneInfo(zone))


def _words(request: HttpRequest, brand: BrandRow, no: Foreseen) -> str:
    """Say why a price is refused, and from when it could hold where it came too early."""
    if not isinstance(no, NoticeTooShort):
        return title_of(no)
    days = int(no.facts["days"])
    earliest = day_text(clock.now() + promised(brand.words).notice, brand.zone, language_of(request))
    promise = ngettext(
        "The brand promises %(days)s day, so this is after %(day)s or no day at all.",
        "The brand promises %(days)s days, so this is after %(day)s or no day at all.", days,
    ) % {"days": days, "day": earliest}  # fmt: skip
    return f"{title_of(no)} {promise}"


def _form(
    request: HttpRequest, brand: BrandRow, *, field: str = "", problem: str = "",
    looked: Looked | None = None, off_sale: tuple[OffSale, ...] | None = None,
) -> HttpResponse:
    """Draw the form as it was filled in, with what is wrong or what it would do above it.

    off_sale  add-ons that are sold no more and still had, where they were asked for
    """
    language = language_of(request)
    plans = plans_on_file(brand.id, language=language)
    sold = add_ons_on_file(brand.id, language=language)
    if off_sale is None and looked is not None and looked.new.add_on:
        chosen = (looked.new.product, looked.new.plan, looked.new.add_on)
        if chosen not in {(each.product, each.plan, each.add_on) for each in sold}:
            off_sale = (OffSale(*chosen, title=looked.new.add_on),)
    return show(request, "staff/prices_new.html", {
        "brands": all_brands(),
        "row": brand,
        "plans": [
            (f"{each.product}/{each.plan}", each, [money_text(one, language) for one in each.prices.values()])
            for each in plans
        ],
        "add_ons": [
            (
                f"{each.product}/{each.plan}/{each.add_on}", each,
                [money_text(one, language) for one in each.prices.values()],
            )
            for each in sold
        ],
        "off_sale": [(f"{each.product}/{each.plan}/{each.add_on}", each) for each in off_sale or ()],
        "sought": off_sale is not None,
        "said": promised(brand.words),
        "sent": request.POST,
        "field": field,
        "problem": problem,
        "looked": looked,
        "count": count_text(looked.touched) if looked else "",
    }, status=422 if field else 200)  # fmt: skip


def _chosen(request: HttpRequest, brands: tuple[BrandRow, ...]) -> BrandRow | None:
    """Return the brand that the address names, or None."""
    wanted = request.GET.get("brand", "")
    return next((row for row in brands if row.id == wanted), None)


def _act(request: HttpRequest, brand: BrandId) -> Act:
    """Return the act of a staff member who looks after what is billed."""
    return act_of(request, role=role_of(request), purpose="billing", brand=brand_row(brand).id)


price_urls = [
    path("prices/", price_list, name="staff_prices"),
    path("prices/new/", price_new, name="staff_price_new"),
    path("prices/<uuid:change>/count/", price_count, name="staff_price_count"),
    path("prices/<uuid:change>/withdraw/", price_withdraw, name="staff_price_withdraw"),
]
"""Under /staff/."""
