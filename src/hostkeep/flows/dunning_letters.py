"""Letters about what is not paid: which is written when, and what each says as it leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from uuid import UUID
from zoneinfo import ZoneInfo

from hostkeep.billing.queries.invoices import InvoiceSheet, SheetTold, sheet
from hostkeep.billing.rules.calendars import calendar_of
from hostkeep.billing.rules.dunning_steps import Kind, Step, day_of, moment_of
from hostkeep.brands.queries import BrandRow
from hostkeep.flows.notices import write_to
from hostkeep.flows.overdue import Overdue, look
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import InvoiceId, PurposeId, ServiceId
from hostkeep.messaging.errors import NoAddress
from hostkeep.messaging.queries import MailRow
from hostkeep.messaging.rules.shown import amount_text, day_text
from hostkeep.provisioning.queries import service
from hostkeep.runtime.addresses import brand_url
from hostkeep.vault.column_door import use_columns

Said = Mapping[str, object]

STREAM = "billing"
WARNINGS: Mapping[Kind, str] = MappingProxyType({
    Kind.STOP_WARNING: "billing/suspend_warning",
    Kind.END_WARNING: "billing/end_warning",
    Kind.CANCEL: "billing/order_cancelled",
})


def write_overdue(act: Act, case: Overdue, step: Step, row: UUID) -> None:
    """Queue the letter of a step, in the running transaction.  row: the step's id."""
    tell(act, case, WARNINGS.get(step.kind) or _reminder(case, act.at), step=row, on=step.on)


def tell(act: Act, case: Overdue, template: str, *, step: UUID, on: datetime | None = None) -> None:
    """Queue a letter about an invoice, once a step.

    on  when what it warns of comes; written as whole seconds, since a mail keeps numbers and ids alone
    """
    when = {"on": int(on.timestamp())} if on is not None else {}
    about = {"invoice": case.row.id, "step": step, **when}
    write_to(act, case.row.account, template, stream=STREAM, about=about)


def _reminder(case: Overdue, at: datetime) -> str:
    """Return which reminder is right on a day."""
    day = day_of(at, case.facts)
    return "billing/reminder" if day < 0 else "billing/due_today" if day == 0 else "billing/overdue"


def _owed(act: Act, row: MailRow, brand: BrandRow) -> dict[str, object]:
    """What is owed on an invoice, for what, and until when.  Raises NoSuchInvoice, NoAddress."""
    if row.account is None:
        raise NoAddress
    found = sheet(InvoiceId(UUID(row.facts["invoice"])), of=row.account)
    return {
        "number": found.number,
        "amount": amount_text(found.owed, row.language),
        "due_day": day_text(found.due_at, brand.zone, row.language),
        "reference": found.reference if "bank_transfer" in brand.payment else "",
        "link": brand_url(brand.host, f"/account/invoices/{found.id}/"),
        "titles": _titles(act, found),
    }


def _titles(act: Act, found: InvoiceSheet) -> tuple[str, ...]:
    """Return what an invoice is for, each once; nothing where that is erased."""

    def read(told: Sequence[SheetTold | None]) -> tuple[str, ...]:
        lines = told[0].lines if told[0] else ()
        return tuple(dict.fromkeys(line.title for line in lines if line.unit.minor > 0))

    return use_columns(act.for_purpose(PurposeId("billing")), wishes=[found.wish], fn=read)


def _reminded(act: Act, row: MailRow, brand: BrandRow) -> Said:
    """An open invoice, and what comes next by the calendar."""
    at = act.at
    case = look(InvoiceId(UUID(row.facts["invoice"])), at)
    plan, facts = calendar_of(brand.words), case.facts
    stop = moment_of(plan, facts, plan.stop) if plan.stop is not None else None
    charges = [moment_of(plan, facts, day) for day in plan.charges] if facts.chargeable else []
    coming = [moment for moment in charges if moment > at]
    cancelled = facts.issued_at + timedelta(days=plan.cancel_order or 0)

    def said(moment: datetime | None) -> str:
        return day_text(moment, brand.zone, row.language) if moment else ""

    return {
        **_owed(act, row, brand),
        "card_day": said(coming[0]) if coming and facts.about == "renewal" else "",
        "order": facts.about == "order" and plan.cancel_order is not None,
        "cancel_day": said(max(cancelled, facts.due_at)),
        "stopped": facts.stopped,
        "stop_day": said(stop if stop and stop > at and facts.runs and facts.about == "renewal" else None),
        "retry_day": said(coming[0]) if coming else "",
        "visit": any(each.kind == Kind.CHARGE and each.outcome == "visit" for each in case.row.done),
    }


def _warned(act: Act, row: MailRow, brand: BrandRow) -> Said:
    """An open invoice, and when what it pays for stops or ends."""
    on = _moment(row)
    hour = f"{on.astimezone(ZoneInfo(brand.zone)):%H:%M}"
    return {**_owed(act, row, brand), "day": day_text(on, brand.zone, row.language), "hour": hour}


def _of_service(act: Act, row: MailRow, brand: BrandRow) -> dict[str, object]:
    """A service: its title, and where to look."""
    found = service(ServiceId(UUID(row.facts["service"])))
    title = use_columns(
        act.for_purpose(PurposeId("service")), wishes=[found.wish],
        fn=lambda told: told[0].title if told[0] else "",
    )  # fmt: skip
    return {"service": title, "link": brand_url(brand.host, f"/account/services/{found.id}/")}


def _stopped(act: Act, row: MailRow, brand: BrandRow) -> Said:
    """A service that stands still, and the invoice that it waits for."""
    return {**_of_service(act, row, brand), **_owed(act, row, brand)}


def _gone(act: Act, row: MailRow, brand: BrandRow) -> Said:
    """A service or an order that is over, and the invoice that nobody paid."""
    told = _of_service(act, row, brand) if "service" in row.facts else {}
    return {**told, **_owed(act, row, brand), "link": brand_url(brand.host, "/account/")}


def _card(act: Act, row: MailRow, brand: BrandRow) -> Said:
    """The last day of a stored way to pay.  What it is stays behind the door."""
    del act
    day = day_text(_moment(row), "UTC", row.language)
    return {"day": day, "link": brand_url(brand.host, "/account/payment-methods/")}


def _moment(row: MailRow) -> datetime:
    """Return the moment that a mail's facts name."""
    return datetime.fromtimestamp(int(row.facts["on"]), UTC)


CONTENTS: Mapping[str, Callable[[Act, MailRow, BrandRow], Said]] = MappingProxyType({
    "billing/reminder": _reminded,
    "billing/due_today": _reminded,
    "billing/overdue": _reminded,
    "billing/charge_failed": _reminded,
    "billing/suspend_warning": _warned,
    "billing/end_warning": _warned,
    "billing/suspended": _stopped,
    "billing/resumed": _of_service,
    "billing/ended": _gone,
    "billing/order_cancelled": _gone,
    "billing/card_expires": _card,
})
"""By template, as mail_contents.OPENED."""
