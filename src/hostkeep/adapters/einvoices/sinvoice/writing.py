"""A document as S-Invoice takes it.

Source: the provider's published web service (createInvoice: generalInvoiceInfo, buyerInfo, itemInfo,
summarizeInfo, taxBreakdowns), as integrators describe it; written from the documentation.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from hostkeep.drivers.einvoices import STATED, EInvoiceAsk, EInvoiceLine, EInvoiceRate
from hostkeep.drivers.packages import Package
from hostkeep.kernel.money import MILLION, Money

NATURES: Mapping[str, str] = {"original": "1", "replacing": "3", "adjusting": "5"}
"""adjustmentType."""

AMOUNTS = "1"
"""adjustmentInvoiceType: an adjustment of amounts, not of words."""

UNTAXED = -2
"""taxPercentage of what bears no tax at all ("KCT"); a rate of nothing is 0."""

NONE: frozenset[str] = frozenset({"E", "O", "AE", "K", "G"})
"""Categories that bear no tax."""


def written(ask: EInvoiceAsk, *, kind: str, template: str, series: str) -> bytes:
    """Write a document as JSON.  kind, template, series: as the seller has registered them."""
    buyer, titles = stated(ask.package)
    taken_back = ask.nature == "adjusting" and not ask.adds
    return json.dumps({
        "generalInvoiceInfo": _head(ask, kind, template, series),
        "buyerInfo": _buyer(buyer),
        "payments": [{"paymentMethodName": "TM/CK"}],
        "itemInfo": [
            _item(ask, place, line, titles[place - 1] if place <= len(titles) else ask.number)
            for place, line in enumerate(ask.lines, start=1)
        ],
        "taxBreakdowns": [_breakdown(rate, taken_back=taken_back) for rate in ask.rates],
        "summarizeInfo": {
            "sumOfTotalLineAmountWithoutTax": plain(ask.net), "totalAmountWithoutTax": plain(ask.net),
            "totalTaxAmount": plain(ask.tax), "totalAmountWithTax": plain(ask.gross),
            "isTotalAmountPos": not taken_back, "isTotalTaxAmountPos": not taken_back,
            "isTotalAmtWithoutTaxPos": not taken_back, "discountAmount": 0,
        },
    }, ensure_ascii=False).encode()  # fmt: skip


def stated(package: Package | None) -> tuple[Mapping[str, str], Sequence[str]]:
    """Read what the gate let out: the buyer, and the titles of lines."""
    said: Any = json.loads(package.fields.get(STATED, "{}")) if package else {}
    return said.get("buyer", {}), said.get("titles", ())


def plain(amount: Money) -> int | float:
    """Write an amount as a JSON number: whole where it is; of cents the shortest text is exact."""
    size: int = 10**amount.currency.places
    return amount.minor // size if amount.minor % size == 0 else amount.minor / size


def moment(at: datetime) -> int:
    """Return a moment in milliseconds since 1970."""
    return int(at.timestamp() * 1000)


def _head(ask: EInvoiceAsk, kind: str, template: str, series: str) -> dict[str, Any]:
    """Return generalInvoiceInfo."""
    head: dict[str, Any] = {
        "invoiceType": kind, "templateCode": template, "invoiceSeries": series,
        "invoiceIssuedDate": moment(ask.issued_at), "currencyCode": ask.gross.currency.code,
        "adjustmentType": NATURES[ask.nature], "paymentStatus": True, "cusGetInvoiceRight": True,
        "transactionUuid": ask.once, "invoiceNote": ask.number,
    }  # fmt: skip
    if ask.before is not None:
        head |= {
            "originalInvoiceId": ask.before.number, "originalInvoiceIssueDate": moment(ask.before.issued_at),
            "originalTemplateCode": template, "additionalReferenceDesc": ask.before.reason,
            "additionalReferenceDate": moment(ask.issued_at),
        }  # fmt: skip
    if ask.nature == "adjusting":
        head["adjustmentInvoiceType"] = AMOUNTS
    return head


def _buyer(buyer: Mapping[str, str]) -> dict[str, str]:
    """Return buyerInfo: what is known, and where nothing is, that the buyer takes no invoice."""
    place = (buyer.get("address", ""), buyer.get("city", ""), buyer.get("region", ""))
    said = {
        "buyerName": buyer.get("name", ""), "buyerLegalName": buyer.get("company", ""),
        "buyerTaxCode": buyer.get("tax_id", ""),
        "buyerAddressLine": ", ".join(" ".join(part.split()) for part in place if part),
        "buyerPostalCode": buyer.get("postal_code", ""), "buyerCountryCode": buyer.get("country", ""),
        "buyerEmail": buyer.get("email", ""),
    }  # fmt: skip
    known = {key: value for key, value in said.items() if value}
    return known if {"buyerName", "buyerLegalName"} & known.keys() else known | {"buyerNotGetInvoice": "1"}


def _item(ask: EInvoiceAsk, place: int, line: EInvoiceLine, title: str) -> dict[str, Any]:
    """Return one of itemInfo."""
    item: dict[str, Any] = {
        "lineNumber": place, "itemName": title, "quantity": line.quantity, "unitPrice": plain(line.unit),
        "itemTotalAmountWithoutTax": plain(line.net), "taxAmount": plain(line.tax),
        "taxPercentage": _percent(line.rate, line.category), "selection": 1,
    }  # fmt: skip
    return item | ({"isIncreaseItem": ask.adds} if ask.nature == "adjusting" else {})


def _breakdown(rate: EInvoiceRate, *, taken_back: bool) -> dict[str, Any]:
    """Return one of taxBreakdowns."""
    return {
        "taxPercentage": _percent(rate.rate, rate.category), "taxableAmount": plain(rate.net),
        "taxAmount": plain(rate.tax), "taxableAmountPos": not taken_back, "taxAmountPos": not taken_back,
    }  # fmt: skip


def _percent(rate: int, category: str) -> int | float:
    """Return a rate as S-Invoice has it: in percent, or UNTAXED."""
    if category in NONE:
        return UNTAXED
    percent = rate * 100 / MILLION
    return int(percent) if percent.is_integer() else percent
