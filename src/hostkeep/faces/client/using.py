"""/account/services/<service>/use/: what was used this month, what it comes to, past months, and limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from hostkeep.brands.queries import BrandRow
from hostkeep.faces.client.account import account_of, customers_only
from hostkeep.faces.ui import charts
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.amounts import read_amount
from hostkeep.faces.ui.forgery import TOKEN
from hostkeep.faces.ui.meter_words import MeterSaid, meter_said, quantity_text
from hostkeep.faces.ui.moments import date_text
from hostkeep.faces.ui.pages import language_of, posted, show
from hostkeep.faces.ui.reading import UndeclaredField
from hostkeep.faces.ui.telling import told_one
from hostkeep.flows import using
from hostkeep.flows.metering import Outlook
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import ServiceId
from hostkeep.kernel.money import Currency, Money
from hostkeep.provisioning.queries import service_of
from hostkeep.subscriptions.errors import BadLimit, NoSuchMeter
from hostkeep.subscriptions.queries.metering import UseRow

LIMITS = ("alert", "cap")
KEYS = frozenset({*LIMITS, TOKEN})


@dataclass(frozen=True, slots=True)
class Shown:
    """A meter as the page shows it.

    used, expected  in words
    days      a day and what was used on it, newest first; chart: the same, drawn
    earlier   what has no day, in words, or empty
    past      a billed month and what was used in it
    alert, cap  what stands in the form; wrong: which of them must be put right
    """

    outlook: Outlook
    prices: MeterSaid
    used: str
    expected: str
    chart: SafeString
    days: tuple[tuple[str, str], ...]
    earlier: str
    past: tuple[tuple[UseRow, str], ...]
    alert: str
    cap: str
    wrong: tuple[str, ...]

    @property
    def reached(self) -> str:
        """Which limit is reached: "cap", "alert" or none."""
        row, now = self.outlook.row, self.outlook.now.minor
        if row.cap is not None and now >= row.cap.minor:
            return "cap"
        return "alert" if row.alert is not None and now >= row.alert.minor else ""


@dataclass(frozen=True, slots=True)
class Typed:
    """A form of limits as it came back, what is wrong with it, and in which inputs; the first is led to."""

    meter: UUID
    texts: Mapping[str, str]
    problem: str
    wrong: tuple[str, ...]


@require_safe
@never_cache
@customers_only
def use_page(request: HttpRequest, service: UUID) -> HttpResponse:
    """Show what a service uses.  Raises NotMetered, NoSuchMeter where nothing is counted, NoSuchService."""
    return _page(request, ServiceId(service))


@require_POST
@customers_only
def limit_use(request: HttpRequest, service: UUID, meter: UUID) -> HttpResponse:
    """Set both limits of a meter as the form says; an empty one is none."""
    given = posted(request)
    if set(given) - KEYS:
        raise UndeclaredField(field="?")
    account, row = account_of(request), ServiceId(service)
    texts = {name: request.POST.get(name, "").strip() for name in LIMITS}
    currency = _currency(request, row, meter)
    amounts = {name: read_amount(text, currency) for name, text in texts.items() if text}
    wrong, problem = tuple(name for name, amount in amounts.items() if amount is None), ""
    if wrong:
        problem = _problem([texts[name] for name in wrong], currency)
    else:
        try:
            using.set_limits(
                _act(request), of=account.id, service=row, metered=meter, cap=amounts.get("cap"),
                alert=amounts.get("alert"),
            )  # fmt: skip
        except BadLimit:
            wrong, problem = tuple(amounts), gettext("This is more than an invoice can hold.")
    if wrong:
        return _page(request, row, Typed(meter, texts, problem, wrong), status=422)
    messages.success(request, gettext("Your limits are set. They hold from now, for this month too."))
    return HttpResponseRedirect(f"/account/services/{service}/use/")


def is_counted(request: HttpRequest, service: ServiceId) -> bool:
    """Say whether a service's page leads to what it uses."""
    return using.is_counted(_act(request), of=account_of(request).id, service=service)


def _problem(bad: Sequence[str], currency: Currency) -> str:
    """Say what is wrong with texts that are no amounts of a currency."""
    if any(text.startswith(("-", "\N{MINUS SIGN}")) for text in bad):
        return gettext("A limit cannot be less than nothing.")
    example = "25000" if not currency.places else "25 or 12.50"
    said = gettext("Write an amount in %(currency)s such as %(example)s, without its sign, or nothing.")
    return said % {"currency": currency.code, "example": example}


def _currency(request: HttpRequest, service: ServiceId, meter: UUID) -> Currency:
    """Return the currency of a meter.  Raises NotMetered, NoSuchMeter."""
    found = using.meters(_act(request), of=account_of(request).id, service=service)
    row = next((each for each in found if each.id == meter), None)
    if row is None:
        raise NoSuchMeter
    return row.currency


def _page(
    request: HttpRequest, service: ServiceId, typed: Typed | None = None, status: int = 200
) -> HttpResponse:
    """Draw the page."""
    account, act = account_of(request), _act(request)
    brand: BrandRow = request.brand  # type: ignore[attr-defined]
    row = told_one(act.for_purpose(using.SERVICE), service_of(account.id, service))
    found = using.use_of(act, of=account.id, service=service, zone=brand.zone)
    if not found:
        raise NoSuchMeter
    return show(request, "client/service_use.html", {
        "service": row,
        "meters": [_shown(each, act.at, brand.zone, language_of(request), typed) for each in found],
        "problem": typed,
        "net": brand.prices == "net",
    }, status=status)  # fmt: skip


def _shown(use: using.MeterUse, at: datetime, zone: str, language: str, typed: Typed | None) -> Shown:
    """Put a meter into words."""
    seen, tariff = use.outlook, use.outlook.meter.tariff
    own = typed if typed and typed.meter == seen.row.id else None
    days = [(day, use.days.get(day, 0)) for day in _days(use, at, zone)]
    texts = [(date_text(day, language), quantity_text(used, tariff, language)) for day, used in days]
    marks = [
        charts.Mark(on, used / tariff.per, text, short=str(day.day))
        for (day, used), (on, text) in zip(days, texts, strict=True)
    ]
    said = gettext("%(meter)s by the day, in %(unit)s") % {"meter": seen.meter.title, "unit": tariff.unit}
    typed_in = own.texts if own else {"alert": _typed(seen.row.alert), "cap": _typed(seen.row.cap)}
    return Shown(
        seen, meter_said(seen.meter, seen.row.currency, language=language),
        quantity_text(seen.used, tariff, language), quantity_text(seen.expected, tariff, language),
        charts.columns(said, marks, language=language), tuple(reversed(texts)),
        quantity_text(use.earlier, tariff, language) if use.earlier else "",
        tuple((each, quantity_text(each.quantity, tariff, language)) for each in use.past),
        typed_in["alert"], typed_in["cap"], own.wrong if own else (),
    )  # fmt: skip


def _days(use: using.MeterUse, at: datetime, zone: str) -> list[date]:
    """Return the days of the open period so far, in the brand's zone; none that may be kept no longer."""
    seen = use.outlook
    where, until = ZoneInfo(zone), min(at, seen.row.period.end)
    first, last = seen.row.period.start.astimezone(where).date(), until.astimezone(where).date()
    if use.earlier and use.days:
        first = max(first, min(use.days))
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _typed(amount: Money | None) -> str:
    """Write an amount as one types it."""
    if amount is None:
        return ""
    whole, rest = divmod(amount.minor, 10**amount.currency.places)
    return f"{whole}.{rest:0{amount.currency.places}d}" if rest else str(whole)


def _act(request: HttpRequest) -> Act:
    """Return the act of a customer who looks after their bills."""
    return act_of(request, role="customer", purpose="billing")


use_urls = [
    path("services/<uuid:service>/use/", use_page, name="service_use"),
    path("services/<uuid:service>/use/<uuid:meter>/limits/", limit_use, name="service_use_limits"),
]
"""Under /account/."""
