"""A customer's credit in the back office: what there is and why, given and taken with a reason."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from hostkeep.billing.actions.crediting import CreditMoved, give_credit, take_credit
from hostkeep.billing.errors.credit import NotEnoughCredit
from hostkeep.billing.queries.credit import credit_lines, credits_of
from hostkeep.billing.queries.refunds import refunds_of
from hostkeep.billing.rules.crediting import REASONS, Reason
from hostkeep.brands.queries import brand
from hostkeep.faces.staff.access import role_of, staff_only
from hostkeep.faces.ui import credit_words
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.amounts import money_text, read_amount
from hostkeep.faces.ui.form_keys import form_key
from hostkeep.faces.ui.pages import language_of, show
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId
from hostkeep.kernel.money import CURRENCIES, Money, money
from hostkeep.people.errors import NoSuchAccount
from hostkeep.people.queries import AccountRow, account, canary_accounts


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only("payments")
def account_credit(request: HttpRequest, wanted: UUID) -> HttpResponse:
    """Show an account's credit; with a post, give or take some.

    Raises NoSuchAccount, also for a canary, which belongs to nobody.
    """
    row = account(AccountId(wanted))
    if row.id in canary_accounts():
        raise NoSuchAccount
    if request.method != "POST":
        return _page(request, row)
    sent = request.POST
    currency = CURRENCIES.get(sent.get("currency", ""))
    amount = read_amount(sent.get("amount", ""), currency) if currency else None
    if amount is None or not amount.minor or amount.currency.code not in brand(row.brand).currencies:
        return _page(request, row, problem=gettext("Write an amount such as 25 or 12.50."))
    reason = next((each for each in REASONS if each == sent.get("reason")), None)
    if reason is None:
        return _page(request, row, problem=gettext("Say why."))
    try:
        moved = _move(request, row, amount, reason)
    except NotEnoughCredit as refusal:
        return _page(request, row, problem=_short(request, refusal))
    said = gettext("%(amount)s given.") if moved.amount.minor > 0 else gettext("%(amount)s taken.")
    messages.success(request, said % {"amount": money_text(amount, language_of(request))})
    return HttpResponseRedirect(request.path)


def _move(request: HttpRequest, row: AccountRow, amount: Money, reason: Reason) -> CreditMoved:
    """Give or take, as the form says, once a page."""
    act, once = _act(request, row), f"staff-{form_key(request)}"
    if request.POST.get("do") == "take":
        return take_credit(act, account=row.id, amount=amount, once=once, reason=reason)
    return give_credit(act, account=row.id, amount=amount, kind="gift", once=once, reason=reason)


def _short(request: HttpRequest, refusal: NotEnoughCredit) -> str:
    """Say how much there is."""
    there = money(int(str(refusal.facts["held"])), str(refusal.facts["currency"]))
    return gettext("There is only %(held)s.") % {"held": money_text(there, language_of(request))}


def _page(request: HttpRequest, row: AccountRow, *, problem: str = "") -> HttpResponse:
    """Draw the page."""
    return show(request, "staff/credit.html", {
        "row": row,
        "held": [each for each in credits_of(row.id) if each.minor],
        "lines": [(line, credit_words.why_moved(line)) for line in credit_lines(row.id)],
        "refunds": refunds_of(row.id),
        "currencies": brand(row.brand).currencies,
        "reasons": [(each, gettext(credit_words.REASONS[each])) for each in REASONS],
        "typed": request.POST.get("amount", ""),
        "problem": problem,
        "once": uuid4(),
    }, status=422 if problem else 200)  # fmt: skip


def _act(request: HttpRequest, row: AccountRow) -> Act:
    """Return the act of a staff member who looks after a brand's money."""
    return act_of(request, role=role_of(request), purpose="billing", brand=row.brand)


credit_urls = [path("accounts/<uuid:wanted>/credit/", account_credit, name="staff_account_credit")]
"""Under /staff/."""
