"""What the law of the European Union adds."""

from __future__ import annotations

from datetime import timedelta

from hostkeep.policy.overlays.answering import answer_within, give, report_within
from hostkeep.policy.overlays.asking import ask_for_cookies
from hostkeep.policy.tightening import Law

MONTH = timedelta(days=28)
"""One month, counted so that it is never longer than the shortest: from 31 January to 28 February."""

ANSWERED = ("access", "correct", "erase", "restrict", "export", "hand_over", "object")


def _gdpr(article: str) -> Law:
    """Name an article of the General Data Protection Regulation."""
    name = {"en": f"GDPR art. {article}", "vi": f"GDPR điều {article}"}
    return Law(name, f"Regulation (EU) 2016/679, art. {article}")


COOKIES = Law(
    {"en": "ePrivacy Directive art. 5(3)", "vi": "Chỉ thị ePrivacy điều 5(3)"},
    "Directive 2002/58/EC, art. 5(3)",
)

STEPS = (
    give("restrict", MONTH, _gdpr("18")),
    give("object", MONTH, _gdpr("21")),
    answer_within(dict.fromkeys(ANSWERED, MONTH), _gdpr("12(3)")),
    report_within(timedelta(hours=72), _gdpr("33(1)")),
    ask_for_cookies(COOKIES),
)
