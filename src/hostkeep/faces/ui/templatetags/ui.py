"""The tags of the kit: icon, logo, light, badge, money, when, clause_id, field and the blocks around them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from django import template
from django.template.context import Context
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

from hostkeep.brands.queries import all_brands
from hostkeep.faces.ui import amounts, lights, moments, words
from hostkeep.faces.ui.countries import country_name
from hostkeep.kernel.money import Money
from hostkeep.kernel.terms import Term
from hostkeep.policy.book import Text
from hostkeep.policy.vocabulary import terms

register = template.Library()

MARKS = frozenset({"hostkeep", "vpsfast", "vps6", "photonvps", "vpn", "vietnam-server"})
"""The marks in the sprite; a brand without one of its own wears Hostkeep's."""


def _language() -> str:
    return get_language() or "en"


def _zone(context: Context, of: str = "") -> str:
    """Return the zone that a page's times are written in.

    of  the brand that a row is of, or the IANA name of a zone; empty: of the brand whose page it is, or in
        the back office of the one that the whole page is about (`shop`); where there is neither, UTC
    Days are a brand's own: on its documents, in its mails and in the back office alike.
    """
    if of:
        found = next((row.zone for row in all_brands() if row.id == of), "")
        return found or (of if "/" in of else "UTC")
    about = context.get("brand") or context.get("shop")
    return getattr(about, "zone", "UTC")


@register.simple_tag
@lru_cache(maxsize=256)
def icon(name: str, turning: str = "") -> SafeString:
    """Draw an icon of the sprite.  turning: "is-turning" for arrows that flip in right-to-left."""
    classes = f"icon {turning}".strip()
    href = f"{static('ui/icons.svg')}#{name}"
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}"></use></svg>', classes, href)


@register.simple_tag
@lru_cache(maxsize=32)
def logo(look: str = "hostkeep") -> SafeString:
    """Draw a brand's mark."""
    href = f"{static('ui/icons.svg')}#logo-{look if look in MARKS else 'hostkeep'}"
    return format_html('<svg class="logo" aria-hidden="true"><use href="{}"></use></svg>', href)


@register.simple_tag
@lru_cache(maxsize=32)
def favicon(look: str = "hostkeep") -> str:
    """Return the address of a brand's mark as a file of its own."""
    return static(f"ui/logos/{look if look in MARKS else 'hostkeep'}.svg")


@register.simple_tag
def light(state: str, small: str = "", size: str = "") -> SafeString:
    """Draw a light with its word.  state: a colour of promises.json or a name.  size: "big" or none."""
    name = lights.light_of(state)
    note = format_html(" <small>{}</small>", small) if small else ""
    return format_html(
        '<span class="light is-{}{}">{}<span>{}{}</span></span>',
        name, " is-big" if size == "big" else "", icon(name), lights.named(name), note,
    )


@register.simple_tag
def summary_light(summary: lights.Lights, small: str = "") -> SafeString:
    """Draw how all promises of a brand stand, as one light: "17 promises: 15 proven, 2 unproven"."""
    note = format_html(" <small>{}</small>", small) if small else ""
    return format_html(
        '<span class="light is-{}">{}<span>{}{}</span></span>',
        summary.worst, icon(summary.worst), summary.text, note,
    )


@register.simple_tag
def lights_row(summary: lights.Lights, href: str = "/privacy/promises/") -> SafeString:
    """Draw each promise as a lamp that leads to its evidence."""
    rows = (
        (lamp.light, href, lamp.clause, label, label, icon(lamp.light))
        for lamp in summary.lamps
        for label in (f"{lamp.clause}: {lights.counted(lamp.light, 1)}",)
    )
    items = format_html_join(
        "", '<li><a class="is-{}" href="{}#{}" aria-label="{}" title="{}">{}</a></li>', rows
    )
    return format_html('<ul class="lights">{}</ul>', items)


@register.filter
def money(amount: Money | None) -> str:
    """Write an amount in the page's language."""
    return amounts.money_text(amount, _language()) if amount is not None else ""


@register.filter
def number(value: int) -> str:
    """Write a whole number with separators."""
    return amounts.number_text(value, _language())


@register.filter
def rate(value: int) -> str:
    """Write a tax rate of integer millionths as a percentage."""
    return amounts.rate_text(value, _language())


@register.filter
def untaxed(category: str) -> str:
    """Say why a category bears no tax; nothing for the one that does."""
    return gettext(words.TAX_CATEGORIES[category]) if category in words.TAX_CATEGORIES else ""


@register.filter
def tax_rule(rule: str) -> str:
    """Say in one sentence which rate a rule chose, where that is worth saying."""
    return gettext(words.TAX_RULES[rule]) if rule in words.TAX_RULES else ""


@register.filter
def tax_number(state: str) -> str:
    """Say for want of what number tax is charged; nothing where there is none, or it is valid."""
    return gettext(words.TAX_NUMBERS[state]) if state in words.TAX_NUMBERS else ""


@register.filter
def each_term(term: Term) -> str:
    """Say how often a price is to be paid: "each month", "each year", "every 18 months"."""
    return moments.each_text(term)


@register.filter
def span(value: timedelta) -> str:
    """Write a length of time: "30 days"."""
    return moments.span_text(value)


@register.simple_tag(takes_context=True)
def when(context: Context, at: datetime | None, of: str = "") -> SafeString | str:
    """Write date and time in the brand's zone, with the zone's name.  of: as _zone takes it."""
    if at is None:
        return ""
    zone, language = _zone(context, of), _language()
    return format_html(
        '<time datetime="{}">{}, {}</time> <span class="faint small">{}</span>',
        at.isoformat(), moments.day_text(at, zone, language), moments.clock_text(at, zone), _place(zone),
    )


def _place(zone: str) -> str:
    """Say whose time it is."""
    city = moments.zone_city(zone, _language())
    return city if city == zone else gettext("%(city)s time") % {"city": city}


@register.simple_tag(takes_context=True)
def day(context: Context, at: datetime | None, of: str = "") -> SafeString | str:
    """Write the date in the brand's zone: 22 Nov 2026.  of: as _zone takes it."""
    if at is None:
        return ""
    text = moments.day_text(at, _zone(context, of), _language())
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), text)


@register.simple_tag(takes_context=True)
def day_there(context: Context, at: datetime | None, of: str) -> SafeString | str:
    """Write the date in the zone of the brand that a row is of, and name it: for lists of several brands."""
    if at is None:
        return ""
    place = _place(_zone(context, of))
    return format_html('{} <span class="faint small">{}</span>', day(context, at, of), place)


@register.filter
def date_said(day: date | None) -> str:
    """Write a date that belongs to no zone: 22 Nov 2026."""
    return moments.date_text(day, _language()) if day is not None else ""


@register.simple_tag(takes_context=True)
def long_day(context: Context, at: datetime | None) -> SafeString | str:
    """Write the date in full in the brand's zone: 22 November 2026."""
    if at is None:
        return ""
    text = moments.long_day_text(at, _zone(context), _language())
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), text)


@register.simple_tag(takes_context=True)
def clock(context: Context, at: datetime | None) -> SafeString | str:
    """Write the time of day in the brand's zone: 14:02."""
    if at is None:
        return ""
    text = moments.clock_text(at, _zone(context))
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), text)


@register.simple_tag(takes_context=True)
def ago(context: Context, at: datetime | None) -> str:
    """Say how long ago: "4 min ago"."""
    return moments.ago_text(at, context["now"]()) if at else ""


@register.simple_tag
def clause_id(clause: str, page: str = "/privacy/") -> SafeString | str:
    """Write a clause's id as a link into the policy."""
    if not clause:
        return ""
    return format_html('<a class="clause-id" href="{}#{}">{}</a>', page, clause, clause)


@register.filter
def country(code: str) -> str:
    """Name a country in the page's language."""
    return country_name(code, _language())


@register.filter
def said(text: Text | None) -> str:
    """Pick a policy's text in the page's language."""
    return words.said(text, _language()) if text else ""


@register.filter
def called(word: str, kind: str) -> str:
    """Label a word of the policy's vocabulary: {{ cookie.purpose|called:"purpose" }}."""
    known = terms.terms(kind)
    return terms.say(kind, word, _language()) if word in known else words.spelled(str(word))


@register.filter
def outcome(result: str) -> str:
    """Say how a forbidden attempt went."""
    return gettext(words.OUTCOMES.get(result, result))


@register.filter
def explained(gateway: str) -> str:
    """Say in one sentence how paying this way goes."""
    return gettext(words.GATEWAYS[gateway]) if gateway in words.GATEWAYS else ""


@register.filter
def explained_later(gateway: str) -> str:
    """Say how paying this way goes, where nothing new starts with it."""
    return gettext(words.LATER[gateway]) if gateway in words.LATER else explained(gateway)


@register.simple_tag
def badge(state: str, text: str = "") -> SafeString:
    """Draw a state in words; its colour only repeats it.  text: other words for the same state."""
    tone, label = words.STATES.get(state, ("", ""))
    shown = text or (gettext(label) if label else words.spelled(state))
    return format_html('<span class="badge{}">{}</span>', f" is-{tone}" if tone else "", shown)


@register.filter
def translated(text: str) -> str:
    """Translate a text marked with gettext_noop elsewhere: the title of a refusal, a label."""
    return gettext(text) if text else ""


@register.simple_tag
def days(colours: Iterable[str]) -> SafeString:
    """Draw a promise's last days, oldest first, as a strip; a broken day is red and taller."""
    names = [lights.light_of(colour) for colour in colours]
    rects = format_html_join(
        "",
        '<rect x="{}" y="{}" width="{}" height="{}"{}/>',
        (_day(index, name, 100 / max(len(names), 1)) for index, name in enumerate(names)),
    )
    label = gettext("Last %(days)s days: %(proven)s proven, %(stale)s unproven, %(broken)s broken") % {
        "days": len(names), **{name: names.count(name) for name in ("proven", "stale", "broken")}
    }
    return format_html(
        '<svg class="days" viewBox="0 0 100 10" preserveAspectRatio="none"'
        ' role="img" aria-label="{}">{}</svg>',
        label, rects,
    )


def _day(index: int, name: str, step: float) -> tuple[str, int, str, int, SafeString | str]:
    top, height = (0, 10) if name == "broken" else (2, 6)
    style = "" if name == "proven" else format_html(' class="is-{}"', name)
    return f"{index * step + step * .09:.2f}", top, f"{step * .76:.2f}", height, style


@register.simple_block_tag
def note(content: str, tone: str = "", picture: str = "info") -> SafeString:
    """Draw a remark that stays.  tone: "info", "ok", "warn", "bad" or none.  picture: an icon."""
    style = f" is-{tone}" if tone else ""
    return format_html('<div class="note{}">{}<div>{}</div></div>', style, icon(picture), content)


@register.simple_block_tag
def panel(content: str, title: str, aside: str = "") -> SafeString:
    """Draw a sheet with a heading.  aside: small words beside it.

    The content brings its own div.in, table or footer.
    """
    extra = format_html('<span class="small soft">{}</span>', aside) if aside else ""
    return format_html(
        '<section class="panel"><header><h2>{}</h2>{}</header>{}</section>', title, extra, content
    )


@register.inclusion_tag("ui/pager.html", takes_context=True)
def pager(context: Context, page: Any) -> Mapping[str, Any]:
    """Draw the pager of a Django page.  It keeps the query's other keys."""
    query = context["request"].GET.copy()
    query.pop("page", None)
    kept = query.urlencode()
    around = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    return {"page": page, "numbers": list(around), "query": f"{kept}&" if kept else ""}
