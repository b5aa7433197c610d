"""Words of a statement of account, by language."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

EN: Mapping[str, str] = MappingProxyType({
    "title": "Statement of account",
    "customer": "Customer {number}",
    "days": "{first} to {last}",
    "day": "Day", "what": "What", "charged": "Charged", "settled": "Paid or credited", "balance": "Balance",
    "opening": "Brought forward", "closing": "Balance on {last}",
    "owed": "To pay: {amount}", "held": "Held as credit: {amount}",
    "nothing": "Nothing moved in these days.",
    "note": (
        "The balance is what is owed, less the credit that is held. Below nothing, the account has so much."
    ),
    "used_of": "{what}: {amount}",
    "by": "{what}, {gateway}",
    "invoice": "Invoice", "credit_note": "Credit note", "debit_note": "Debit note", "canary": "Invoice",
    "proforma": "Proforma invoice",
    "payment": "Payment", "released": "Payment taken off again: it was not for this account",
    "gift": "Credit given", "unused": "Credit for time paid and not used", "top_up": "Credit put in",
    "used": "Credit used", "uncovered": "Credit taken off again", "paid_out": "Paid back",
    "returned": "What was paid back did not arrive", "taken": "Credit taken back",
})  # fmt: skip

VI: Mapping[str, str] = MappingProxyType({
    "title": "Bảng kê tài khoản",
    "customer": "Khách hàng {number}",
    "days": "{first} đến {last}",
    "day": "Ngày", "what": "Nội dung", "charged": "Phát sinh nợ", "settled": "Đã trả hoặc ghi giảm",
    "balance": "Số dư",
    "opening": "Số dư đầu kỳ", "closing": "Số dư ngày {last}",
    "owed": "Còn phải trả: {amount}", "held": "Số dư tín dụng: {amount}",
    "nothing": "Không có phát sinh trong thời gian này.",
    "note": (
        "Số dư là số tiền còn nợ trừ đi số dư tín dụng đang giữ. Số âm nghĩa là tài khoản còn dư từng ấy."
    ),
    "used_of": "{what}: {amount}",
    "by": "{what}, {gateway}",
    "invoice": "Hóa đơn", "credit_note": "Hóa đơn điều chỉnh giảm", "debit_note": "Hóa đơn điều chỉnh tăng",
    "canary": "Hóa đơn", "proforma": "Đề nghị thanh toán",
    "payment": "Thanh toán", "released": "Thanh toán được gỡ ra: không phải của tài khoản này",
    "gift": "Được tặng tín dụng", "unused": "Hoàn tín dụng cho thời gian đã trả mà không dùng",
    "top_up": "Nạp tín dụng", "used": "Dùng tín dụng", "uncovered": "Gỡ tín dụng khỏi chứng từ",
    "paid_out": "Đã hoàn tiền", "returned": "Khoản hoàn tiền không đến nơi", "taken": "Thu hồi tín dụng",
})  # fmt: skip

WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType({"en": EN, "vi": VI})
