"""Why a document is corrected: a fixed list, so that no person's words ever stand on a corrected document.

Source: Council Directive 2006/112/EC, art. 219: what amends an invoice refers to it specifically.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

Reason = Literal[
    "cancelled", "changed", "not_given", "wrong_price", "wrong_tax", "twice", "goodwill", "more_used", "fee"
]
"""Why a credit or debit note was made.

"cancelled"    what was billed was cancelled
"changed"      something smaller was taken for the rest of the time that was billed
"not_given"    what was billed was not provided, or not as agreed
"wrong_price"  a price or quantity was wrong
"wrong_tax"    the tax was wrong
"twice"        it was billed twice
"goodwill"     a reduction after the sale
"more_used"    more was used than was billed
"fee"          a fee that was agreed and not billed
"""

CREDITS: tuple[Reason, ...] = (
    "cancelled", "changed", "not_given", "wrong_price", "wrong_tax", "twice", "goodwill"
)  # fmt: skip
DEBITS: tuple[Reason, ...] = ("wrong_price", "wrong_tax", "more_used", "fee")

SAID: Mapping[str, Mapping[Reason, str]] = MappingProxyType({
    "en": MappingProxyType({
        "cancelled": "what was billed was cancelled",
        "changed": "something smaller was taken for the rest of the time",
        "not_given": "what was billed was not provided as agreed",
        "wrong_price": "a price or quantity was wrong",
        "wrong_tax": "the tax was wrong",
        "twice": "it was billed twice",
        "goodwill": "a reduction granted after the sale",
        "more_used": "more was used than was billed",
        "fee": "a fee that was agreed and not billed",
    }),
    "vi": MappingProxyType({
        "cancelled": "dịch vụ đã lập hóa đơn bị hủy",
        "changed": "đã chuyển sang gói nhỏ hơn cho thời gian còn lại",
        "not_given": "dịch vụ đã lập hóa đơn không được cung cấp như thỏa thuận",
        "wrong_price": "sai đơn giá hoặc số lượng",
        "wrong_tax": "sai thuế",
        "twice": "lập hóa đơn hai lần",
        "goodwill": "giảm giá sau khi bán",
        "more_used": "sử dụng nhiều hơn mức đã lập hóa đơn",
        "fee": "khoản phí đã thỏa thuận nhưng chưa lập hóa đơn",
    }),
})  # fmt: skip
"""The reasons in words, as documents say them."""
