"""What the law of the European Union adds."""

from __future__ import annotations

from datetime import timedelta

from hostkeep.policy.overlays.answering import AnswerWithin, Give, ReportWithin
from hostkeep.policy.overlays.asking import AskForCookies
from hostkeep.policy.tightening import Law

MONTH = timedelta(days=28)
"""One month, counted so that it is never longer than the shortest: from 31 January to 28 February."""

ANSWERED = ("access", "correct", "erase", "restrict", "export", "hand_over", "object")


def gdpr(article: str) -> Law:
    """Name an article of the General Data Protection Regulation."""
    name = {"en": f"GDPR art. {article}", "vi": f"GDPR điều {article}"}
    return Law(name, f"Regulation (EU) 2016/679, art. {article}")


COOKIES = Law(
    {"en": "ePrivacy Directive art. 5(3)", "vi": "Chỉ thị ePrivacy điều 5(3)"},
    "Directive 2002/58/EC, art. 5(3)",
)

STEPS = (
    Give("restrict", MONTH, gdpr("18")),
    Give("object", MONTH, gdpr("21")),
    AnswerWithin(dict.fromkeys(ANSWERED, MONTH), gdpr("12(3)")),
    ReportWithin(timedelta(hours=72), gdpr("33(1)")),
    AskForCookies(COOKIES),
)
