"""Words on paper, by language, and how amounts and days are written there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

from hostkeep.kernel.money import MILLION, VND, Money

YEAR = timedelta(days=365)

EN: Mapping[str, str] = MappingProxyType(
    {
        "title": "Invoice",
        "simplified": "Simplified invoice",
        "credit_note": "Credit note",
        "debit_note": "Debit note",
        "proforma": "Proforma invoice",
        "corrects": "Corrects invoice {number} of {day}",
        "fulfils": "For proforma {number} of {day}",
        "corrected": "Corrected by {number} of {day}",
        "because": "Reason: {reason}",
        "credited": "Credited",
        "taken_on": "Credit note of {day}",
        "credit_on": "From credit on {day}",
        "asks": "This is no invoice. The invoice follows when the amount has come.",
        "withdrawn": "Withdrawn on {day}. Nothing is to be paid, and no invoice follows.",
        "rounding": "{tax} is reckoned once for each rate on its sum and rounded to the smallest unit.",
        "paid": "Paid",
        "paid_on": "Paid on {day}",
        "part_on": "Received on {day}",
        "still_open": "Still to pay",
        "bought_by": "Bought by",
        "customer": "Customer {number}",
        "due": "Due",
        "reference": "Reference",
        "prices": "Prices",
        "prices_net": "before {tax}",
        "prices_gross": "including {tax}",
        "item": "Item",
        "period": "Period",
        "price": "Price",
        "tax": "Tax",
        "amount": "Amount",
        "net": "Net",
        "tax_of": "{tax} {rate} of {net}",
        "note_AE": "Reverse charge: the recipient of the service accounts for {tax}.",
        "note_K": "Intra-Community supply, exempt from {tax}.",
        "note_G": "Export, no {tax} is charged.",
        "note_O": "Not subject to {tax} here: the place of supply is elsewhere, or the seller owes none.",
        "note_E": "Exempt from {tax}.",
        "note_Z": "Zero rated.",
        "total": "Total",
        "pay": "To pay by bank transfer",
        "holder": "Account holder",
        "bank": "Bank",
        "iban": "IBAN",
        "account": "Account",
        "routing": "Routing number",
        "bic": "BIC",
        "amount_to_pay": "Amount",
        "tax_id": "Tax number {id}",
        "once": "Issued once and never altered; a mistake is put right by a new document.",
        "kept": "Kept for {years} years as accounting law asks, with these fields and no others ({clause}).",
    }
)

VI: Mapping[str, str] = MappingProxyType(
    {
        "title": "Hóa đơn",
        "simplified": "Hóa đơn rút gọn",
        "credit_note": "Hóa đơn điều chỉnh giảm",
        "debit_note": "Hóa đơn điều chỉnh tăng",
        "proforma": "Đề nghị thanh toán",
        "corrects": "Điều chỉnh cho hóa đơn {number} ngày {day}",
        "fulfils": "Theo đề nghị thanh toán {number} ngày {day}",
        "corrected": "Được điều chỉnh bởi {number} ngày {day}",
        "because": "Lý do: {reason}",
        "credited": "Ghi giảm",
        "taken_on": "Điều chỉnh giảm ngày {day}",
        "credit_on": "Trừ từ số dư ngày {day}",
        "asks": "Đây không phải là hóa đơn. Hóa đơn được lập khi đã nhận đủ số tiền.",
        "withdrawn": "Đã rút lại ngày {day}. Không phải thanh toán và không có hóa đơn nào được lập.",
        "rounding": "{tax} được tính một lần cho mỗi thuế suất trên tổng số và làm tròn đến đơn vị nhỏ nhất.",
        "paid": "Đã thanh toán",
        "paid_on": "Thanh toán ngày {day}",
        "part_on": "Đã nhận ngày {day}",
        "still_open": "Còn phải trả",
        "bought_by": "Bên mua",
        "customer": "Khách hàng {number}",
        "due": "Hạn thanh toán",
        "reference": "Mã tham chiếu",
        "prices": "Giá",
        "prices_net": "chưa gồm {tax}",
        "prices_gross": "đã gồm {tax}",
        "item": "Nội dung",
        "period": "Thời gian",
        "price": "Đơn giá",
        "tax": "Thuế",
        "amount": "Thành tiền",
        "net": "Trước thuế",
        "tax_of": "{tax} {rate} của {net}",
        "note_AE": "Reverse charge: bên nhận dịch vụ tự kê khai và nộp {tax}.",
        "note_K": "Giao hàng nội khối EU, miễn {tax}.",
        "note_G": "Xuất khẩu, không tính {tax}.",
        "note_O": "Không chịu {tax} tại đây: nơi cung ứng ở nước khác, hoặc bên bán không phải nộp.",
        "note_E": "Miễn {tax}.",
        "note_Z": "Thuế suất 0 %.",
        "total": "Tổng cộng",
        "pay": "Thanh toán bằng chuyển khoản",
        "holder": "Chủ tài khoản",
        "bank": "Ngân hàng",
        "iban": "IBAN",
        "account": "Số tài khoản",
        "routing": "Mã định tuyến",
        "bic": "BIC",
        "amount_to_pay": "Số tiền",
        "tax_id": "Mã số thuế {id}",
        "once": "Lập một lần và không sửa đổi; nếu có sai sót, một chứng từ mới sẽ điều chỉnh.",
        "kept": "Lưu {years} năm theo luật kế toán, chỉ với các mục này ({clause}).",
    }
)

WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType({"en": EN, "vi": VI})


def words_of(said: str) -> Mapping[str, str]:
    """Return the words of a language, English for one there are none in.  said: a language tag."""
    return WORDS[language_of(said)]


def language_of(said: str) -> str:
    """Return the language in which a document is worded, for a language tag."""
    language = said.replace("_", "-").split("-", maxsplit=1)[0]
    return language if language in WORDS else "en"


def locale_of(said: str) -> str:
    """Return the locale in which amounts and days are written: the one said if there is one, else English.

    said  a language tag, "de" or "pt-BR"
    """
    try:
        return str(Locale.parse(said, sep="-"))
    except (ValueError, UnknownLocaleError):
        return "en"


def money_text(amount: Money, language: str) -> str:
    """Write an amount with its sign; the dong as in Viet Nam in every language."""
    locale = Locale("vi") if amount.currency == VND else Locale.parse(language)
    value = Decimal(amount.minor).scaleb(-amount.currency.places)
    return str(format_currency(value, amount.currency.code, locale=locale)).replace("US$", "$")


def rate_text(rate: int, language: str) -> str:
    """Write a tax rate.  rate: millionths; 190_000 gives "19 %"."""
    value = Decimal(rate * 100) / MILLION
    return f"{format_decimal(value, locale=Locale.parse(language), format='0.####')} %"


def day_text(at: datetime, zone: str, language: str) -> str:
    """Write the date on which a moment falls in a zone: "1 March 2026", "1 tháng 3, 2026"."""
    local = at.astimezone(ZoneInfo(zone)).date()
    if language == "en":
        return str(format_date(local, "d MMMM yyyy", locale="en"))
    return str(format_date(local, "long", locale=Locale.parse(language)))


def short_day_text(at: datetime, zone: str, language: str) -> str:
    """Write a date as a table needs it: "1 Mar 2026", "1 thg 3, 2026"."""
    local = at.astimezone(ZoneInfo(zone)).date()
    if language == "en":
        return str(format_date(local, "d MMM yyyy", locale="en"))
    return str(format_date(local, "medium", locale=Locale.parse(language)))
