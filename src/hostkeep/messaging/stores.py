"""What messaging keeps, as stores for the sweeper: envelopes, and answers about streams."""

from __future__ import annotations

from hostkeep.messaging.rules.delivery import FINAL
from hostkeep.runtime.stores import Store, table_store

SETTLED = ", ".join(f"'{state}'" for state in sorted(FINAL))

STORES: tuple[Store, ...] = (
    table_store(
        "messaging.mails",
        "account",
        "Envelopes of mails by handles, never a body or an address; settled ones go with their account.",
        table="messaging_mail",
        whose=(
            "(subject = ANY(%(subject)s) OR subject = ANY(%(users)s) OR account = ANY(%(accounts)s))"
            f" AND state IN ({SETTLED})"
        ),
    ),
    table_store(
        "messaging.preferences",
        "account",
        "Which streams somebody wanted or not, by handle; they go with their account.",
        table="messaging_preference",
        whose="subject = ANY(%(subject)s)",
    ),
)
