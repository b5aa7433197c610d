"""Who set a limit to a meter hears of it once a month: of the alert they wanted, and of the cap."""

from __future__ import annotations

from uuid import UUID

import pytest

from hostkeep.brands.queries import policy_in_force
from hostkeep.flows import metering, use_letters, using
from hostkeep.flows.handlers import HANDLERS
from hostkeep.kernel.ids import ServiceId
from hostkeep.messaging.calls import handing
from hostkeep.messaging.models import Mail
from hostkeep.subscriptions.errors import BadLimit, NoSuchMeter
from hostkeep.subscriptions.events import LimitReached
from hostkeep.subscriptions.models import Alert
from hostkeep.subscriptions.queries.metering import meters_of
from tests.conftest import NOON, make_act
from tests.everything import BRAND, Customer, load_everything
from tests.flows.counted import DAY, Counted
from tests.flows.debtors import carry
from tests.flows.test_mailing import FakeMailer

class Metering(Counted):
    """Ann, and the letters that leave for her."""

    def __init__(self, mailer: FakeMailer) -> None:
        super().__init__()
        self.mailer = mailer

    def letters(self, day: float) -> list[str]:
        """The letters about use that left by a day, as text and as page."""
        carry(NOON + day * DAY)
        found = []
        for n in range(len(self.mailer.letters)):
            message = self.mailer.read(n)
            if "Traffic out" in str(message["Subject"]):
                forms = [message.get_body((kind,)).get_content() for kind in ("plain", "html")]
                found.append("\n".join((str(message["Subject"]), *forms)))
        return found


@pytest.fixture
def counted(db, monkeypatch) -> Metering:
    mailer = FakeMailer()
    monkeypatch.setattr(handing, "_makers", [lambda _brand: mailer])
    load_everything()
    return Metering(mailer)


def test_the_letter_says_what_it_comes_to_now_and_will(counted: Metering) -> None:
    counted.limits(cap=500, alert=100)
    counted.uses(149, day=10)
    assert counted.letters(10) == []
    counted.uses(1, day=10.1)
    (said,) = counted.letters(10.2)
    assert said.startswith("Traffic out of Secret box has come to €1.00\n")
    for each in ("when it comes to €1.00", "not be more than €5.00", "Tax comes on top"):
        assert said.count(each) == 2, each
    assert said.count(f"/account/services/{counted.service}/use/") == 2


def test_each_limit_is_told_once_a_month_and_again_in_the_next(counted: Metering) -> None:
    assert use_letters.on_limit_reached in HANDLERS[LimitReached]
    counted.limits(cap=300, alert=100)
    for day in (2, 3, 4):
        counted.uses(160, day=day)
    first = sorted(counted.letters(5))
    assert [said.partition("\n")[0] for said in first] == [
        "Traffic out of Secret box has come to €3.00", "Traffic out of Secret box has reached your cap",
    ]  # fmt: skip
    assert "You set €3.00 as the most" in first[1]
    event = LimitReached(Alert.objects.get(kind="cap").id, counted.ann.account)
    use_letters.on_limit_reached(make_act(brand=BRAND, at=NOON + 5 * DAY), event)
    counted.uses(10, day=6)
    assert len(counted.letters(7)) == 2
    metering.bill_due(make_act(brand="", at=NOON + 33 * DAY))
    counted.uses(160, day=34)
    assert len(counted.letters(35)) == 3


def test_one_that_is_reached_when_it_is_set_is_told_at_once(counted: Metering) -> None:
    counted.uses(200, day=2)
    assert counted.letters(3) == []
    counted.limits(alert=150, day=3)
    assert len(counted.letters(4)) == 1


def test_a_letter_that_leaves_when_the_month_is_billed_names_no_amounts_of_the_next(counted: Metering) -> None:
    counted.limits(alert=100)
    counted.uses(200, day=2)
    metering.bill_due(make_act(brand="", at=NOON + 33 * DAY))
    (said,) = counted.letters(34)
    assert "That month is over by now" in said
    assert "If it goes on like this" not in said


def test_nobody_is_written_once_the_policy_does_not_let_use_be_counted(counted: Metering, monkeypatch) -> None:
    """What was reached before a new version holds is told by nobody after it."""
    counted.limits(alert=100)
    counted.uses(200, day=2)
    of_the_vpn = policy_in_force("vpn", NOON)
    monkeypatch.setattr(use_letters, "policy_for", lambda *_: of_the_vpn)
    use_letters.on_limit_reached(
        make_act(brand=BRAND, at=NOON + 3 * DAY), LimitReached(Alert.objects.get().id, counted.ann.account)
    )
    assert not Mail.objects.filter(template="use/alert").exists()


def test_another_accounts_meter_has_no_limits_and_bad_ones_are_refused(counted: Metering) -> None:
    eve = Customer.at("DE")
    with pytest.raises(NoSuchMeter):
        using.set_limits(eve.act("billing"), of=eve.account, service=counted.service, metered=counted.row.id, cap=None, alert=None)
    with pytest.raises(NoSuchMeter):
        using.set_limits(
            counted.ann.act("billing"), of=counted.ann.account, service=ServiceId(UUID(int=1)), metered=counted.row.id,
            cap=None, alert=None,
        )  # fmt: skip
    with pytest.raises(BadLimit):
        counted.limits(cap=-1)
    assert meters_of(counted.ann.account)[0].cap is None
