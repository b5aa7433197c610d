"""What the law of Vietnam adds."""

from __future__ import annotations

from datetime import timedelta

from hostkeep.policy.overlays.answering import AcknowledgeWithin, AnswerWithin, ReportWithin
from hostkeep.policy.overlays.asking import AskForPromotions, KeepPromotionsOff, LeaveBoxesEmpty
from hostkeep.policy.tightening import Law

LAW = Law(
    {"en": "Law 91/2025/QH15 on personal data", "vi": "Luật 91/2025/QH15 về bảo vệ dữ liệu cá nhân"},
    "Law 91/2025/QH15 of Vietnam on the protection of personal data",
)
DECREE = Law(
    {"en": "Decree 356/2025/ND-CP", "vi": "Nghị định 356/2025/NĐ-CP"},
    "Decree 356/2025/ND-CP of Vietnam, on requests of the persons data are about",
)
SPAM = Law(
    {"en": "Decree 91/2020/ND-CP art. 13", "vi": "Nghị định 91/2020/NĐ-CP điều 13"},
    "Decree 91/2020/ND-CP of Vietnam against spam, art. 13",
)

ACKNOWLEDGED = ("withdraw", "restrict", "object", "access", "correct", "erase")

LIMITS = {
    "access": timedelta(days=10),
    "correct": timedelta(days=10),
    "withdraw": timedelta(days=15),
    "restrict": timedelta(days=15),
    "object": timedelta(days=15),
    "erase": timedelta(days=20),
}

STEPS = (
    # Two working days are counted as two days: never later, and no calendar of holidays is needed.
    AcknowledgeWithin(ACKNOWLEDGED, timedelta(days=2), DECREE),
    AnswerWithin(LIMITS, DECREE),
    ReportWithin(timedelta(hours=72), LAW),
    LeaveBoxesEmpty(LAW),
    KeepPromotionsOff(SPAM),
    AskForPromotions(SPAM),
)
