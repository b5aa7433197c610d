"""The letter that says when a service ends that was cancelled for its end, and how to keep it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from hostkeep.brands.queries import BrandRow
from hostkeep.flows.notices import write_to
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import PurposeId
from hostkeep.messaging.queries import MailRow
from hostkeep.messaging.rules.shown import day_text
from hostkeep.runtime.addresses import brand_url
from hostkeep.subscriptions.events import SubscriptionEnding
from hostkeep.subscriptions.queries.subscriptions import subscription
from hostkeep.vault.column_door import use_columns

SERVICE = PurposeId("service")


def on_subscription_ending(act: Act, event: SubscriptionEnding) -> None:
    """Write that a service ends, and when; once for each end, and not where it was taken back."""
    row = subscription(event.subscription)
    if row.ends_at is None or row.ended_at is not None:
        return
    under = act.of_brand(row.brand).in_role("system").for_purpose(SERVICE)
    about = {"subscription": row.id, "on": int(row.ends_at.timestamp())}
    write_to(under, row.account, "service/ending", stream="technical", about=about)


def said_of(act: Act, row: MailRow, brand: BrandRow) -> Mapping[str, object]:
    """Return what the mail says: what ends, on which day, and where it can be kept."""
    had = subscription(UUID(row.facts["subscription"]))
    on = datetime.fromtimestamp(int(row.facts["on"]), UTC)
    return use_columns(
        act.for_purpose(SERVICE),
        wishes=[had.wish],
        fn=lambda told: {
            "service": told[0].told.title if told[0] else "",
            "day": day_text(on, brand.zone, row.language),
            "link": brand_url(brand.host, f"/account/services/{had.service}/"),
        },
    )
