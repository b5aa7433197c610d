"""Letters about metered use: the amount its owner wanted to hear of, and their cap, each once a month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from uuid import UUID

from hostkeep.brands.applying import policy_for
from hostkeep.brands.queries import BrandRow
from hostkeep.flows.metering import BILLING, Outlook, may_count, outlook
from hostkeep.flows.notices import write_to
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import PurposeId
from hostkeep.messaging.errors import NoAddress
from hostkeep.messaging.queries import MailRow
from hostkeep.messaging.rules.shown import amount_text, day_text
from hostkeep.people.queries import account
from hostkeep.provisioning.queries import service
from hostkeep.runtime.addresses import brand_url
from hostkeep.subscriptions.errors import NoSuchMeter
from hostkeep.subscriptions.events import LimitReached
from hostkeep.subscriptions.queries.metering import MeterRow, meters_by_id, reached_limit
from hostkeep.vault.column_door import use_columns

TEMPLATES: Mapping[str, str] = MappingProxyType({"alert": "use/alert", "cap": "use/cap"})
"""By the kind of a limit: its letter."""

STREAM = "billing"


def on_limit_reached(act: Act, event: LimitReached) -> None:
    """Write that a limit was reached, once for each limit and month.

    Nothing where the policy lets use be counted no more, or what was noted has ended with its readings.
    """
    told = account(event.account)
    under = act.of_brand(told.brand).in_role("system").for_purpose(BILLING)
    if may_count(policy_for(told.brand, told.subject, act.at)) is not None:
        return
    try:
        reached = reached_limit(event.alert)
    except NoSuchMeter:
        return
    about = {"meter": reached.metered, "on": int(reached.starts_at.timestamp())}
    write_to(under, event.account, TEMPLATES[reached.kind], stream=STREAM, about=about)


def said_of(act: Act, row: MailRow, brand: BrandRow) -> Mapping[str, object]:
    """Return what the mail says: which meter of what, the limit, what it comes to, and where to look.

    Of a month that is billed by the time it leaves no amounts are told.  Raises NoAddress where the meter is
    gone, or what was agreed is erased.
    """
    (had, *_) = meters_by_id([UUID(row.facts["meter"])]) or (None,)
    if had is None:
        raise NoAddress
    (seen, *_) = outlook(act.for_purpose(BILLING), [had]) or (None,)
    if seen is None:
        raise NoAddress
    start = datetime.fromtimestamp(int(row.facts["on"]), UTC)
    return {
        "meter": seen.meter.title,
        "service": _service(act, had),
        "since": day_text(start, brand.zone, row.language),
        **_amounts(seen, start, brand, row.language),
        "link": brand_url(brand.host, f"/account/services/{had.service}/use/"),
    }


def _amounts(seen: Outlook, start: datetime, brand: BrandRow, language: str) -> Mapping[str, object]:
    """Say the limits and what it comes to, as long as its month is open."""
    had = seen.row
    is_open = int(had.period.start.timestamp()) == int(start.timestamp())
    return {
        "is_open": is_open,
        "net": brand.prices == "net",
        "day": day_text(had.period.end, brand.zone, language),
        "now": amount_text(seen.now, language),
        "end": amount_text(seen.end, language),
        "alert": amount_text(had.alert, language) if had.alert is not None else "",
        "cap": amount_text(had.cap, language) if had.cap is not None else "",
    }


def _service(act: Act, had: MeterRow) -> str:
    """Return what the service is called."""

    def read(told: Sequence[object]) -> str:
        return str(getattr(told[0], "title", ""))

    return use_columns(act.for_purpose(PurposeId("service")), wishes=[service(had.service).wish], fn=read)
