"""What closing does to what is kept: each shop as its policy says, date by date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from hostkeep.flows import sweeping
from hostkeep.kernel.ids import CategoryId, SubjectId
from hostkeep.vault import certificates, door, due, retention
from hostkeep.vault.asking import Refused
from hostkeep.vault.boxes import KeyDestroyed
from hostkeep.vault.models import Hold, Item, SubjectKey
from hostkeep.vault.wall import opened
from tests.conftest import NOON, make_act

DAY = timedelta(days=1)
EMAIL, PARTY, COOKIES = CategoryId("email"), CategoryId("invoice_party"), CategoryId("cookies")


@dataclass(frozen=True)
class Customer:
    brand: str
    subject: SubjectId

    def gives(self, category: str, value: str = "a value", *, at: datetime = NOON, slot: str = "") -> None:
        act = make_act("system", "service", brand=self.brand, at=at)
        door.put(act, subject=self.subject, category=CategoryId(category), value=value, slot=slot)

    def meets(self, event: str, *, at: datetime = NOON, slot: str = "") -> retention.Fired:
        act = make_act("system", "account", brand=self.brand, at=at)
        return retention.fire(act, subject=self.subject, event=event, slot=slot)

    def sees(self, category: str, *, at: datetime = NOON, purpose: str = "rights") -> str | None:
        act = make_act("customer", purpose, brand=self.brand, at=at, own=self.subject)
        sealed = door.reveal(act, subject=self.subject, category=CategoryId(category))
        return None if sealed is None else sealed.open()

    def states(self) -> dict[str, str]:
        with opened():
            return dict(SubjectKey.objects.filter(subject=self.subject).values_list("keep_class", "state"))

    def rows(self, keep_class: str = "") -> int:
        with opened():
            found = Item.objects.filter(subject=self.subject)
            return (found.filter(keep_class=keep_class) if keep_class else found).count()


def customer(brand: str) -> Customer:
    """Somebody with an address and an invoice."""
    who = Customer(brand, SubjectId(uuid4()))
    who.gives("email", "ann@example.test")
    who.gives("invoice_party", "Ann", slot=str(uuid4()))
    return who


def swept(at: datetime) -> None:
    sweeping.sweep(make_act("system", "service", brand="", at=at))


def test_vps6_switches_off_at_closing_and_erases_two_years_later(db: None) -> None:
    ann = customer("vps6")
    ann.meets("account.closed")

    assert ann.states()["account"] == "deactivated"
    assert ann.sees("email") == "ann@example.test"
    with pytest.raises(Refused):
        ann.sees("email", purpose="account")

    swept(NOON + 729 * DAY)
    assert ann.states()["account"] == "deactivated"
    swept(NOON + 731 * DAY)
    assert ann.states()["account"] == "destroyed"
    assert ann.rows("account") == 0
    assert ann.states()["fiscal"] == "deactivated"
    assert ann.rows("fiscal") == 1


def test_an_invoice_outlives_its_buyer_until_the_year_rule_and_no_day_longer(db: None) -> None:
    ann = customer("vps6")
    ann.meets("account.closed")
    end = datetime(2033, 12, 31, 23, tzinfo=UTC)  # seven years after 2026, by the calendar of Amsterdam

    swept(end - timedelta(hours=1))
    assert ann.rows("fiscal") == 1
    swept(end + timedelta(hours=1))
    assert ann.rows() == 0
    assert set(ann.states().values()) == {"destroyed"}


def test_vpn_archives_the_address_for_a_year_and_erases_the_rest_at_once(db: None) -> None:
    ann = customer("vpn")
    ann.gives("customer_number", "42")
    fired = ann.meets("account.closed")

    assert fired.archived == 1
    assert ann.states()["account"] == "destroyed"
    with opened():
        kept = Item.objects.get(subject=ann.subject, keep_class="archive")
        assert (kept.category, kept.why, kept.expires_at) == ("email", "closed", NOON + 365 * DAY)
    swept(NOON + 366 * DAY)
    assert ann.states()["archive"] == "destroyed"
    assert ann.rows("archive") == ann.rows("account") == 0
    assert ann.rows("fiscal") == 1


def test_photonvps_erases_at_once_and_takes_nothing_more(db: None) -> None:
    ann = customer("photonvps")
    ann.meets("account.closed")

    assert ann.states()["account"] == "destroyed"
    for category in ("email", "ticket"):
        with pytest.raises(KeyDestroyed):
            ann.gives(category, "something new")
    assert ann.states()["fiscal"] != "destroyed"


def test_vpsfast_erases_after_thirty_days(db: None) -> None:
    ann = customer("vpsfast")
    ann.meets("account.closed")

    swept(NOON + 29 * DAY)
    assert ann.states()["account"] == "live"
    swept(NOON + 31 * DAY)
    assert ann.states()["account"] == "destroyed"


def test_vietnam_server_erases_with_the_last_service(db: None) -> None:
    ann = customer("vietnam-server")
    ann.meets("last_service.ended")

    states = ann.states()
    assert states["account"] == "destroyed"
    assert states["fiscal"] == "deactivated"


def test_the_last_service_changes_nothing_where_the_policy_waits_for_the_closing(db: None) -> None:
    ann = customer("vps6")
    ann.meets("last_service.ended")
    assert set(ann.states().values()) == {"live"}
    assert ann.rows() == 2


def test_the_end_of_one_service_touches_what_belongs_to_it_alone(db: None) -> None:
    ann = customer("vietnam-server")
    one, other = str(uuid4()), str(uuid4())
    ann.gives("registrant", "Ann", slot=one)
    ann.gives("registrant", "Ann", slot=f"{other}:domain")
    ann.meets("service.ended", slot=one)

    with opened():
        ends = dict(Item.objects.filter(category="registrant").values_list("slot", "expires_at"))
    assert ends == {one: NOON.astimezone(UTC) + 730 * DAY, f"{other}:domain": None}
    swept(NOON + 731 * DAY)
    assert ann.rows("registry") == 1
    assert ann.states()["registry"] == "live"


def test_a_value_with_a_term_of_its_own_goes_while_its_owner_stays(db: None) -> None:
    ann = customer("vps6")
    ann.gives("login_history", "a browser")
    swept(NOON + 89 * DAY)
    assert ann.rows("security") == 1
    swept(NOON + 91 * DAY)
    assert ann.rows("security") == 0
    ann.gives("login_history", "another", at=NOON + 92 * DAY)
    assert ann.rows("security") == 1


def test_firing_twice_moves_no_date(db: None) -> None:
    ann = customer("vps6")
    ann.meets("account.closed")
    ann.meets("account.closed", at=NOON + 100 * DAY)
    with opened():
        key = SubjectKey.objects.get(subject=ann.subject, keep_class="account")
    assert (key.fired_at, key.ends_at) == (NOON, NOON + 730 * DAY)


def held(who: Customer, *classes: str) -> Hold:
    with opened():
        return Hold.objects.create(
            brand=who.brand, subject=who.subject, classes=list(classes), basis="dispute", case=uuid4(),
            opened_by="staff:a", approved_by="staff:b", opened_at=NOON, approved_at=NOON,
            review_at=NOON + 30 * DAY,
        )  # fmt: skip


def test_a_hold_stops_an_erasure_and_its_end_lets_it_come(db: None) -> None:
    ann = customer("photonvps")
    hold = held(ann, "account")
    ann.meets("account.closed")
    swept(NOON + DAY)

    assert ann.states()["account"] == "held"
    assert ann.rows("account") == 1
    assert due.overdue(NOON + DAY) == {}

    with opened():
        Hold.objects.filter(id=hold.id).update(ended_at=NOON + 2 * DAY)
    assert due.overdue(NOON + 2 * DAY)["account"] > 0
    swept(NOON + 2 * DAY)
    assert ann.states()["account"] == "destroyed"
    assert ann.rows("account") == 0


def test_a_hold_stops_single_values_too(db: None) -> None:
    ann = customer("vps6")
    ann.gives("login_history", "a browser")
    held(ann, "security")
    swept(NOON + 91 * DAY)
    assert ann.rows("security") == 1


def test_what_comes_after_closing_under_a_term_of_its_own_keeps_its_key_alive(db: None) -> None:
    ann = Customer("vps6", SubjectId(uuid4()))
    ann.gives("email", "ann@example.test")
    ann.gives("login_history", "a browser")
    ann.meets("account.closed", at=NOON + DAY)
    ann.gives("login_history", "a later one", at=NOON + 40 * DAY)

    swept(NOON + 91 * DAY)
    assert ann.states()["security"] == "deactivated"
    assert ann.rows("security") == 1
    swept(NOON + 131 * DAY)
    assert ann.states()["security"] == "destroyed"


def test_what_comes_in_after_closing_ends_as_if_it_had_been_there(db: None) -> None:
    ann = customer("vps6")
    ann.meets("account.closed")
    ann.gives("ticket", "one more question", at=NOON + 10 * DAY)
    swept(NOON + 11 * DAY)

    with opened():
        key = SubjectKey.objects.get(subject=ann.subject, keep_class="support")
    assert (key.state, key.ends_at) == ("deactivated", NOON + 730 * DAY)


def fates(who: Customer, role: str = "customer") -> dict[str, tuple[str, datetime | None, str]]:
    own = who.subject if role == "customer" else None
    act = make_act(role, "rights", brand=who.brand, own=own)
    return {f.category: (f.what, f.until, f.clause) for f in retention.outlook(act, subject=who.subject)}


def test_the_outlook_says_what_closing_will_do_and_does_nothing(db: None) -> None:
    ann, binh, cam = customer("vps6"), customer("vpn"), customer("vpsfast")
    binh.gives("customer_number", "42")

    assert fates(ann)["email"] == ("deactivate", NOON + 730 * DAY, "V6-14")
    assert fates(ann)["invoice_party"][:2] == ("keep", datetime(2033, 12, 31, 23, tzinfo=UTC))
    assert fates(binh)["email"] == ("archive", NOON + 365 * DAY, "VPN-9")
    assert fates(binh)["customer_number"] == ("erase", NOON, "VPN-10")
    # A day of New York's in between had 23 hours.
    assert fates(cam)["email"][:2] == ("erase", NOON + 30 * DAY - timedelta(hours=1))
    assert set(ann.states().values()) == {"live"}


def test_the_outlook_tells_a_hold_but_not_one_that_is_secret_by_order(db: None) -> None:
    ann = customer("vps6")
    hold = held(ann, "account")
    assert fates(ann)["email"][0] == "hold"
    with opened():
        Hold.objects.filter(id=hold.id).update(secret=True)
    assert fates(ann)["email"][0] == "deactivate"
    for role in ("support", "billing", "sales", "engineer", "abuse", "clerk", "system", "visitor"):
        assert fates(ann, role)["email"][0] == "deactivate", role
    for role in ("privacy", "owner"):
        assert fates(ann, role)["email"][0] == "hold", role


def test_nobody_looks_into_anothers_outlook(db: None) -> None:
    ann = customer("vps6")
    act = make_act("customer", "rights", brand="vps6", own=SubjectId(uuid4()))
    with pytest.raises(Refused):
        retention.outlook(act, subject=ann.subject)


def test_an_erasure_leaves_a_certificate_that_names_what_stays(db: None) -> None:
    ann = customer("photonvps")
    ann.meets("account.closed")
    act = make_act("system", "rights", brand="photonvps")
    (paper,) = certificates.certificates_of(act, subject=ann.subject)
    assert "account" in paper.classes
    assert [stay.keep_class for stay in paper.stays] == ["fiscal"]
    assert isinstance(paper.id, UUID)
