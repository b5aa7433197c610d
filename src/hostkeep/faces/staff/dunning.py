"""Unpaid invoices in the back office: what needs a person, what happens soon, who is spared, what comes."""

from __future__ import annotations

from datetime import UTC, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.dateparse import parse_date
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from hostkeep.billing.actions.dunning import lift_exception, put_back, spare_account, tell_by_hand
from hostkeep.billing.errors.dunning import BadException, NotOnHold
from hostkeep.billing.queries import dunning as rows
from hostkeep.billing.rules.sparing import REASONS
from hostkeep.brands.queries import brand
from hostkeep.faces.staff.access import role_of, staff_only
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.dunning_words import SPARED, WHAT, shown, steps_said
from hostkeep.faces.ui.pages import show
from hostkeep.faces.ui.telling import told_if_allowed
from hostkeep.flows.foretelling import preview, today
from hostkeep.flows.playing_ahead import Assumed
from hostkeep.flows.using import services_counted
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, BrandId, InvoiceId
from hostkeep.people.errors import NoSuchAccount
from hostkeep.people.queries import AccountRow, account, canary_accounts, numbers_of
from hostkeep.subscriptions.queries.subscriptions import subscriptions_of

HERE = "/staff/dunning/"
ASSUMED: dict[str, Assumed] = {"unpaid": "unpaid", "card": "card", "on_time": "on_time"}


@require_safe
@staff_only("billing")
def dunning_desk(request: HttpRequest) -> HttpResponse:
    """Show what needs a person, what happens today, and who is spared."""
    act = act_of(request, role=role_of(request), purpose="billing")
    held, spared, coming = rows.on_hold(), rows.exceptions_now(act.at), today(act)
    people = {*(each.account for each in held), *(each.account for each in spared)}
    numbers = numbers_of(people | {each.account for each in coming})
    return show(request, "staff/dunning.html", {
        "held": [(each, numbers.get(each.account, ""), _why(each)) for each in held],
        "spared": [(each, numbers.get(each.account, ""), *_said(each)) for each in spared],
        "coming": [(each, numbers.get(each.account, ""), steps_said(each.steps)) for each in coming],
    })  # fmt: skip


@require_POST
@staff_only("billing")
def told_by_hand(request: HttpRequest, step: UUID) -> HttpResponse:
    """Note that an owner was told otherwise of what a letter could not tell.  Raises NotOnHold."""
    invoice = rows.invoice_of_step(step)
    if invoice is None:
        raise NotOnHold
    tell_by_hand(_act(request, rows.brand_of(invoice)), step=step)
    messages.success(request, gettext("Noted. What was warned of is counted from now."))
    return HttpResponseRedirect(HERE)


@require_POST
@staff_only("billing")
def put_it_back(request: HttpRequest, invoice: UUID) -> HttpResponse:
    """Look again at an invoice that was given up.  Raises NotOnHold, NoSuchInvoice."""
    found = InvoiceId(invoice)
    put_back(_act(request, rows.brand_of(found)), invoice=found)
    messages.success(request, gettext("It is looked at again."))
    return HttpResponseRedirect(HERE)


@require_POST
@staff_only("billing")
def lift(request: HttpRequest, exception: UUID) -> HttpResponse:
    """End an exception.  Raises NoSuchException."""
    row = rows.exception_row(exception)
    lift_exception(_act(request, row.brand), exception=exception)
    messages.success(request, gettext("The account is treated as all others from now on."))
    return HttpResponseRedirect(f"/staff/accounts/{row.account}/outlook/")


@require_safe
@staff_only("billing")
def outlook(request: HttpRequest, wanted: UUID) -> HttpResponse:
    """Show what will happen to an account within a year, and what it is spared.  Raises NoSuchAccount."""
    return _page(request, _account(wanted))


@require_POST
@staff_only("billing")
def spare(request: HttpRequest, wanted: UUID) -> HttpResponse:
    """Spare an account.  Raises NoSuchAccount."""
    row, sent = _account(wanted), request.POST
    try:
        spare_account(
            _act(request, row.brand), account=row.id, kind=sent.get("kind", ""),
            until=_until(sent.get("until", ""), row), reason=sent.get("reason", ""),
        )  # fmt: skip
    except BadException:
        return _page(request, row, problem=gettext("Choose what is spared, until which day, and why."))
    messages.success(request, gettext("Noted. The account is spared."))
    return HttpResponseRedirect(f"/staff/accounts/{row.id}/outlook/")


def _page(request: HttpRequest, row: AccountRow, *, problem: str = "") -> HttpResponse:
    """Draw an account's outlook."""
    act = _act(request, row.brand)
    found = preview(act, row.id, assumed=ASSUMED.get(request.GET.get("pays", "")))
    return show(request, "staff/outlook.html", {
        "row": row,
        "shop": brand(row.brand),
        "outlook": found,
        "events": shown(found.events),
        "assumed": (
            ("unpaid", gettext("if nothing is paid")),
            ("on_time", gettext("if each invoice is paid on its day")),
            ("card", gettext("if the stored way to pay is charged")),
        ),
        "spared": [(each, *_said(each)) for each in rows.exceptions_of(row.id, at=act.at)],
        "kinds": [(kind, gettext(text)) for kind, text in SPARED.items()],
        "reasons": [(word, gettext(text)) for word, text in REASONS.items()],
        "metered": services_counted(act, of=row.id),
        "recurring": told_if_allowed(act, [each for each in subscriptions_of(row.id) if not each.ended_at]),
        "problem": problem,
    }, status=422 if problem else 200)  # fmt: skip


def _account(wanted: UUID) -> AccountRow:
    """Return an account.  Raises NoSuchAccount, also for a canary, which belongs to nobody."""
    row = account(AccountId(wanted))
    if row.id in canary_accounts():
        raise NoSuchAccount
    return row


def _act(request: HttpRequest, of: BrandId) -> Act:
    """Return the act of a member of staff who looks after a brand's bills."""
    return act_of(request, role=role_of(request), purpose="billing", brand=of)


def _until(text: str, row: AccountRow) -> datetime | None:
    """Return the end of a day of the brand's zone; None where none is given.  Raises BadException."""
    if not text:
        return None
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise BadException(why="until")
    last = datetime.combine(day, time(23, 59, 59), tzinfo=ZoneInfo(brand(row.brand).zone))
    return last.astimezone(UTC)


def _said(row: rows.ExceptionRow) -> tuple[str, str, str]:
    """Return what an exception spares, why, and the role of whoever set it."""
    reason = REASONS.get(row.reason, "")
    return gettext(SPARED[row.kind]), gettext(reason) if reason else "", row.set_by.split(" ")[0]


def _why(row: rows.HoldRow) -> str:
    """Say why an invoice waits for a person."""
    if row.step is None:
        return gettext("Looking at it went wrong: %(code)s") % {"code": row.code}
    return gettext("Nobody took this letter: %(what)s") % {"what": gettext(WHAT[row.code])}


dunning_urls = [
    path("dunning/", dunning_desk, name="staff_dunning"),
    path("dunning/steps/<uuid:step>/told/", told_by_hand, name="staff_dunning_told"),
    path("dunning/invoices/<uuid:invoice>/again/", put_it_back, name="staff_dunning_again"),
    path("dunning/exceptions/<uuid:exception>/lift/", lift, name="staff_dunning_lift"),
    path("accounts/<uuid:wanted>/outlook/", outlook, name="staff_account_outlook"),
    path("accounts/<uuid:wanted>/spare/", spare, name="staff_account_spare"),
]
"""Under /staff/."""
