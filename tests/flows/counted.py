"""Ann at the sixth brand, whose box counts traffic: 100 GB free, two cents for each beyond."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from allauth.account.models import EmailAddress

from hostkeep.flows import metering, using
from hostkeep.kernel.ids import BrandId, ServiceId
from hostkeep.kernel.money import EUR, Money
from hostkeep.kernel.period import Period
from hostkeep.provisioning.queries import services_billed_by
from hostkeep.runtime import brand as running_brand
from hostkeep.subscriptions.actions.metering import Told
from hostkeep.subscriptions.queries.metering import MeterRow, meters_of
from tests.conftest import NOON, make_act
from tests.everything import BRAND, Customer

GB = 10**9
DAY = timedelta(days=1)


class Counted:
    """A customer with a service that is counted from `since` on.  Days are counted from there."""

    def __init__(self, since: datetime = NOON) -> None:
        self.since = since
        self.ann = Customer.at("DE")
        with running_brand.during(BrandId(BRAND)):
            EmailAddress.objects.create(user=self.ann.user, email=f"{uuid4().hex[:8]}@example.test", verified=True, primary=True)
        ordered = self.ann.orders(self.ann.fills("secret-box"), at=since)
        self.service = ServiceId(services_billed_by(ordered.invoice)[0].id)

    @property
    def row(self) -> MeterRow:
        (row,) = meters_of(self.ann.account, service=self.service)
        return row

    def limits(self, *, cap: int | None = None, alert: int | None = None, day: float = 0) -> None:
        amounts = {"cap": None if cap is None else Money(cap, EUR), "alert": None if alert is None else Money(alert, EUR)}
        act = self.ann.act("billing", self.since + day * DAY)
        using.set_limits(act, of=self.ann.account, service=self.service, metered=self.row.id, **amounts)

    def uses(self, gigabytes: float, *, day: float) -> None:
        at = self.since + day * DAY
        told = Told(self.row.id, uuid4().hex, int(gigabytes * GB), Period(at - DAY / 2, at))
        metering.take(make_act("system", "billing", brand=BRAND, at=at), told=[told])
