"""The operator's own mail to its own staff.

No brand's policy speaks of it, for it goes to nobody but those who run the house and holds handles alone: no
customer, no value.  So its rule is fixed, and narrow: one stream, a few templates, staff as the only readers.
"""

from __future__ import annotations

from types import MappingProxyType

from hostkeep.kernel.ids import ClauseId, PurposeId
from hostkeep.messaging.errors import NoSuchStream
from hostkeep.policy.book import Stream

OPERATIONS = "operations"
PREFIX = "operations/"
"""How the names of its templates begin."""

LANGUAGES = ("en", "vi")

_STREAM = Stream(
    id=OPERATIONS,
    purpose=PurposeId("site_administration"),
    label=MappingProxyType({"en": "Operations", "vi": "Vận hành"}),
    channels=("email",),
    default="always",
    own_only=True,
    clause=ClauseId(""),
)


def operators(stream: str, template: str) -> Stream:
    """Return the operator's own stream for one of its templates.  Raises NoSuchStream for any other."""
    if stream != OPERATIONS or not template.startswith(PREFIX):
        raise NoSuchStream(stream=stream, clause=ClauseId(""))
    return _STREAM
