"""What the law of the United States adds, everywhere and in California."""

from __future__ import annotations

from datetime import timedelta

from hostkeep.policy.overlays.answering import AcknowledgeWithin, AnswerWithin
from hostkeep.policy.tightening import Law

SPAM = Law(
    {"en": "CAN-SPAM Act, 15 U.S.C. 7704(a)(4)", "vi": "Đạo luật CAN-SPAM, 15 U.S.C. 7704(a)(4)"},
    "15 U.S.C. 7704(a)(4)(A)",
)
CCPA = Law(
    {"en": "CCPA 1798.130(a)(2)", "vi": "CCPA 1798.130(a)(2)"}, "California Civil Code 1798.130(a)(2)(A)"
)
RECEIPT = Law(
    {"en": "CCPA regulations 7021(a)", "vi": "Quy định CCPA 7021(a)"},
    "California Code of Regulations, title 11, section 7021(a)",
)

ANSWERED = ("access", "correct", "erase", "export")

# Ten business days are counted as ten days: never later, and no calendar of holidays is needed.
FEDERAL = (AnswerWithin({"opt_out": timedelta(days=10)}, SPAM),)

CALIFORNIA = (
    *FEDERAL,
    AcknowledgeWithin(("access", "correct", "erase"), timedelta(days=10), RECEIPT),
    AnswerWithin(dict.fromkeys(ANSWERED, timedelta(days=45)), CCPA),
)
