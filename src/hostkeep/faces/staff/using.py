"""/staff/services/<service>/use/: meters of a customer's service, and readings that staff enter by hand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from hostkeep.brands.queries import brand
from hostkeep.faces.staff.access import role_of, staff_only
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.meter_words import meter_said, quantity_text
from hostkeep.faces.ui.pages import language_of, show
from hostkeep.faces.ui.telling import told_one
from hostkeep.flows import using
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import ServiceId
from hostkeep.kernel.period import Period
from hostkeep.kernel.words import gettext_noop
from hostkeep.provisioning.queries import ServiceRow, service
from hostkeep.subscriptions.actions.reading_by_hand import ByHand
from hostkeep.subscriptions.errors import BadReading, NoSuchMeter, ReadDifferently
from hostkeep.subscriptions.queries.metering import readings_by_hand
from hostkeep.subscriptions.rules.metering import MOST_QUANTITY, REASONS_BY_HAND, Tariff

TYPED = re.compile(r"(?P<whole>[0-9]{1,15})(?:[.,](?P<part>[0-9]{1,12}))?")

REASONS: Mapping[str, str] = MappingProxyType({
    "not_read": gettext_noop("It was not read for a while"),
    "read_wrong": gettext_noop("It showed too little"),
    "no_reader": gettext_noop("Nothing reads it"),
})  # fmt: skip
"""By the word of rules.metering.REASONS_BY_HAND: what staff choose."""

WHY: Mapping[str, str] = MappingProxyType({
    "quantity": gettext_noop("Write how much was used, more than nothing, such as 12 or 12.5."),
    "period": gettext_noop("Write from when to when; the end comes after the beginning."),
    "future": gettext_noop("This time is still to come. A reading tells what was used."),
    "age": gettext_noop("This is too long ago: it is billed, or no longer kept."),
    "why": gettext_noop("Say why it is entered by hand."),
    "differs": gettext_noop("This form was sent before, with something else. Open the page anew."),
    "key": gettext_noop("Open the page anew and try again."),
})  # fmt: skip
"""By what is wrong: one sentence for staff."""


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only("billing")
def service_use(request: HttpRequest, wanted: UUID) -> HttpResponse:
    """Show what a service uses; with a post, count a reading, once a page.

    Raises NotMetered where the policy does not let use be counted or this role see it, NoSuchService,
    NoSuchMeter.
    """
    row = service(ServiceId(wanted))
    if request.method != "POST":
        return _page(request, row)
    act = _act(request, row)
    found = using.use_of(act, of=row.account, service=row.id, zone="UTC")
    meter = next((each for each in found if str(each.outlook.row.id) == request.POST.get("meter")), None)
    if meter is None:
        raise NoSuchMeter
    entered = _entered(request, row, meter.outlook.meter.tariff)
    if isinstance(entered, str):
        return _page(request, row, wrong=entered)
    try:
        using.enter_reading(
            act, of=row.account, service=row.id, metered=meter.outlook.row.id, entered=entered
        )
    except BadReading as refusal:
        return _page(request, row, wrong=str(refusal.facts["why"]))
    except ReadDifferently:
        return _page(request, row, wrong="differs")
    said = quantity_text(entered.quantity, meter.outlook.meter.tariff, language_of(request))
    messages.success(request, gettext("%(quantity)s counted.") % {"quantity": said})
    return HttpResponseRedirect(request.path)


def _entered(request: HttpRequest, row: ServiceRow, tariff: Tariff) -> ByHand | str:
    """Read the form; a word of WHY for what cannot be read."""
    sent = request.POST
    quantity = _quantity(sent.get("quantity", ""), tariff)
    if quantity is None:
        return "quantity"
    zone = ZoneInfo(brand(row.brand).zone)
    start, end = _moment(sent.get("from", ""), zone), _moment(sent.get("to", ""), zone)
    if start is None or end is None or end <= start:
        return "period"
    try:
        once = UUID(sent.get("once", ""))
    except ValueError:
        return "key"
    return ByHand(quantity, Period(start, end), sent.get("why", ""), once)


def _quantity(text: str, tariff: Tariff) -> int | None:
    """Read a quantity in the tariff's unit; None for what is none, or finer than the meter counts."""
    found = TYPED.fullmatch(text.strip())
    if found is None:
        return None
    exact = Decimal(f"{found['whole']}.{found['part'] or 0}") * tariff.per
    return int(exact) if exact == int(exact) and 0 < exact <= MOST_QUANTITY else None


def _moment(text: str, zone: ZoneInfo) -> datetime | None:
    """Read a time as forms send it, in the brand's zone; None for what is none."""
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M").replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _page(request: HttpRequest, row: ServiceRow, *, wrong: str = "") -> HttpResponse:
    """Draw the page, the form as it was filled in."""
    act, language, shop = _act(request, row), language_of(request), brand(row.brand)
    found = using.use_of(act, of=row.account, service=row.id, zone=shop.zone)
    if not found:
        raise NoSuchMeter
    shown = []
    by_hand = readings_by_hand([each.outlook.row.id for each in found])
    for each in found:
        seen, tariff = each.outlook, each.outlook.meter.tariff
        own = [reading for reading in by_hand if reading.metered == seen.row.id]
        written = [
            (one, quantity_text(one.quantity, tariff, language), gettext(REASONS.get(one.why, one.why)))
            for one in own
        ]
        prices = meter_said(seen.meter, seen.row.currency, language=language)
        shown.append((seen, prices, quantity_text(seen.used, tariff, language), written))
    return show(request, "staff/services_use.html", {
        "service": told_one(act, row),
        "shop": shop,
        "meters": shown,
        "reasons": [(word, gettext(REASONS[word])) for word in REASONS_BY_HAND],
        "said": request.POST,
        "once": request.POST.get("once") if wrong and wrong != "differs" else uuid4().hex,
        "problem": gettext(WHY[wrong if wrong in WHY else "key"]) if wrong else "",
    }, status=422 if wrong else 200)  # fmt: skip


def _act(request: HttpRequest, row: ServiceRow) -> Act:
    """Return the act of a member of staff who looks after a brand's bills."""
    return act_of(request, role=role_of(request), purpose="billing", brand=row.brand)


use_urls = [path("services/<uuid:wanted>/use/", service_use, name="staff_service_use")]
"""Under /staff/."""
