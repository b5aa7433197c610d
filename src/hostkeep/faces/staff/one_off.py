"""/staff/accounts/<account>/invoice/: an invoice by hand, over what no order and no subscription bills."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from uuid import UUID, uuid5

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from hostkeep.billing.errors.documents import BadLine, EmptyInvoice, IssuedDifferently
from hostkeep.billing.rules.lines import MOST_OF_ONE, Totals
from hostkeep.brands.queries import brand
from hostkeep.faces.staff.access import role_of, staff_only
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.amounts import read_amount
from hostkeep.faces.ui.form_keys import form_key
from hostkeep.faces.ui.pages import show
from hostkeep.flows.billing_one import Item, bill_items, foresee
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, Ref
from hostkeep.kernel.money import CURRENCIES, Currency
from hostkeep.kernel.words import gettext_noop
from hostkeep.people.errors import NoSuchAccount
from hostkeep.people.queries import AccountRow, account, canary_accounts
from hostkeep.people.rules.closing import OPEN

ROWS = range(1, 9)
USUAL_DAYS = "14"
MOST_DAYS = 365
LONGEST_NUMBER = 6

WHY: Mapping[str, str] = MappingProxyType({
    "line": gettext_noop("Each line needs what it is for, how many, and a price such as 25 or 12.50."),
    "empty": gettext_noop("Write at least one line."),
    "total": gettext_noop("In all it must come to more than nothing."),
    "due": gettext_noop("Write in how many days it is due: 0 to 365."),
    "currency": gettext_noop("Choose a currency of the brand's."),
    "once": gettext_noop("Open the page anew and try again."),
})  # fmt: skip
"""By what is wrong: one sentence for staff."""


class _Wrong(ValueError):
    """What was typed makes no invoice.  args[0]: a key of WHY."""


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only("payments")
def invoice_by_hand(request: HttpRequest, wanted: UUID) -> HttpResponse:
    """Show what an invoice would come to, and with a second post make it, once a page.

    It is taxed as what the customer buys; a brand that numbers on payment makes a proforma of it.
    Raises NoSuchAccount, also for one that is not open and for a canary, which belongs to nobody.
    """
    row = account(AccountId(wanted))
    if row.state != OPEN or row.id in canary_accounts():
        raise NoSuchAccount
    if request.method != "POST":
        return _page(request, row)
    once = form_key(request)
    try:
        items, days = _items(request, row, once), _days(request)
        foreseen = _foreseen(request, row, items)
        if request.POST.get("do") != "make":
            return _page(request, row, foreseen=foreseen, items=items)
        made = bill_items(
            _act(request, row), account=row.id, items=items, due_in=timedelta(days=days), once=f"hand:{once}"
        )
    except _Wrong as wrong:
        return _page(request, row, wrong=str(wrong))
    except IssuedDifferently:
        return _page(request, row, wrong="once")
    messages.success(request, gettext("It was made, and the customer gets it."))
    return HttpResponseRedirect(reverse("staff_document", args=[made]))


def _items(request: HttpRequest, row: AccountRow, once: UUID) -> list[Item]:
    """Read the lines.  Raises _Wrong."""
    currency = CURRENCIES.get(request.POST.get("currency", ""))
    if currency is None or currency.code not in brand(row.brand).currencies:
        raise _Wrong("currency")
    found = [_item(request, n, currency, once) for n in ROWS]
    items = [item for item in found if item is not None]
    if not items:
        raise _Wrong("empty")
    return items


def _item(request: HttpRequest, n: int, currency: Currency, once: UUID) -> Item | None:
    """Read one line; None where nothing is typed of it.  Raises _Wrong."""
    title, pieces, price = _typed(request, n)
    if not title and not price:
        return None
    amount, pieces = read_amount(price, currency), pieces or "1"
    many = int(pieces) if pieces.isascii() and pieces.isdecimal() and len(pieces) <= LONGEST_NUMBER else 0
    if amount is None or not title or not 1 <= many <= MOST_OF_ONE:
        raise _Wrong("line")
    about = Ref("billing.by_hand", uuid5(once, str(n)))  # the same page again is the same line
    return Item(title, "", amount, about, quantity=many)


def _typed(request: HttpRequest, n: int) -> tuple[str, str, str]:
    """Return what stands in a line: what for, how many, the price of one."""
    said = request.POST
    what, pieces, price = (said.get(f"{name}-{n}", "").strip() for name in ("what", "pieces", "price"))
    return what, pieces, price


def _foreseen(request: HttpRequest, row: AccountRow, items: list[Item]) -> Totals:
    """Return what it would come to.  Raises _Wrong."""
    try:
        found = foresee(_act(request, row), account=row.id, items=items)
    except (BadLine, EmptyInvoice):
        raise _Wrong("line") from None
    if not found.gross.minor:
        raise _Wrong("total")
    return found


def _days(request: HttpRequest) -> int:
    """Read in how many days it is due.  Raises _Wrong."""
    text = request.POST.get("due", "").strip()
    is_number = text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER
    if not is_number or int(text) > MOST_DAYS:
        raise _Wrong("due")
    return int(text)


def _page(
    request: HttpRequest, row: AccountRow, *, wrong: str = "", foreseen: Totals | None = None,
    items: list[Item] | None = None,
) -> HttpResponse:  # fmt: skip
    """Draw the form; after a look, what it comes to and the button that makes it."""
    said, shop = request.POST, brand(row.brand)
    return show(request, "staff/one_off.html", {
        "row": row,
        "shop": shop,
        "rows": [(n, *_typed(request, n)) for n in ROWS],
        "currency": said.get("currency", shop.currencies[0]),
        "due": said.get("due", USUAL_DAYS),
        "foreseen": foreseen,
        "items": items or (),
        "problem": gettext(WHY[wrong]) if wrong else "",
        "once": form_key(request),
    }, status=422 if wrong else 200)  # fmt: skip


def _act(request: HttpRequest, row: AccountRow) -> Act:
    """Return the act of a member of staff who looks after a brand's bills."""
    return act_of(request, role=role_of(request), purpose="billing", brand=row.brand)


one_off_urls = [path("accounts/<uuid:wanted>/invoice/", invoice_by_hand, name="staff_invoice_by_hand")]
"""Under /staff/."""
