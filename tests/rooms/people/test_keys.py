"""Keys of the API: who gets one, what it opens, and when it opens nothing any more."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, connections

from hostkeep.kernel.ids import AccountId, BrandId, CategoryId, UserId
from hostkeep.people.actions.joining import Joined, open_account
from hostkeep.people.actions.keys import KeyMade, end_key, end_keys, make_key
from hostkeep.people.api_calls import (
    KEPT, LEASE, Answered, Begun, begin_call, count_call, drop_call, finish_call, forget_old,
)
from hostkeep.people.errors import (
    CallReused, CallStillRunning, NoScope, NoSuchAccount, NoSuchKey, NoSuchUser, NotThatScope, TooManyKeys,
)
from hostkeep.people.models import Account, ApiCall, ApiKey, ApiPace, User
from hostkeep.people.queries import KeyRow, key_of_text, keys_of
from hostkeep.people.rules.scopes import MOST_KEYS, SCOPES, scopes_for
from hostkeep.runtime import brand as running_brand
from tests.conftest import NOON, make_act

VPS6 = BrandId("vps6")


def joins(brand: str = "vps6") -> Joined:
    with running_brand.during(BrandId(brand)):
        user = User.objects.create(brand=brand)
        act = make_act("visitor", "account", brand=brand)
        return open_account(act, user=UserId(user.id), values={CategoryId("email"): "a@example.test"}, language="en")


def makes(who: Joined, *scopes: str, brand: str = "vps6", **more: object) -> KeyMade:
    act = make_act("customer", "authentication", brand=brand, own=who.subject)
    return make_key(act, user=who.user, account=who.account, scopes=scopes or ("account:read",), **more)


def opens(made: KeyMade, *, brand: str = "vps6", at=NOON) -> KeyRow | None:
    return key_of_text(BrandId(brand), made.key, at)


def test_a_key_opens_its_account_and_stands_nowhere(db) -> None:
    ann = joins()
    made = makes(ann, "orders:read", "account:read")

    row = opens(made)

    assert row is not None
    assert (row.account, row.subject, row.role) == (ann.account, ann.subject, "customer")
    assert row.scopes == {"orders:read", "account:read"}
    assert made.key not in repr(made)
    secret = made.key.rsplit("_", 1)[-1]
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(k::text, ' ') FROM people_apikey k")
        assert secret not in cursor.fetchone()[0]


@pytest.mark.parametrize("text", ["", "hk_", "hk_000000000000_" + "a" * 43, "Bearer", "hk_" + "\0" * 60])
def test_what_is_no_key_opens_nothing(db, text: str) -> None:
    assert key_of_text(VPS6, text, NOON) is None


def test_a_right_prefix_with_a_wrong_secret_opens_nothing(db) -> None:
    made = makes(joins())
    assert key_of_text(VPS6, made.key[:-1] + ("A" if made.key[-1] != "A" else "B"), NOON) is None


def test_a_key_opens_its_own_brand_alone(db) -> None:
    made = makes(joins())
    assert opens(made, brand="vpn") is None


def test_an_ended_key_opens_nothing_from_that_moment(db) -> None:
    ann = joins()
    made = makes(ann)

    end_key(make_act("customer", "authentication"), user=ann.user, key=made.id)

    assert opens(made) is None
    assert keys_of(ann.user)[0].ended_at == NOON


def test_nobody_ends_anothers_key(db) -> None:
    made = makes(joins())
    with pytest.raises(NoSuchKey):
        end_key(make_act("customer", "authentication"), user=joins().user, key=made.id)
    assert opens(made) is not None


def test_a_key_ends_by_itself_at_its_end(db) -> None:
    made = makes(joins(), expires_at=NOON + timedelta(days=1))
    assert opens(made, at=NOON + timedelta(hours=23)) is not None
    assert opens(made, at=NOON + timedelta(days=1)) is None


@pytest.mark.parametrize("state", ["deactivated", "closed"])
def test_keys_die_with_the_account(db, state: str) -> None:
    ann = joins()
    made = makes(ann)
    Account.objects.filter(id=ann.account).update(state=state)
    assert opens(made) is None


def test_keys_die_with_the_login(db) -> None:
    ann = joins()
    made = makes(ann)
    User.objects.filter(id=ann.user).update(is_active=False)
    assert opens(made) is None


def test_all_keys_of_a_login_end_together_and_no_other_logins(db) -> None:
    ann, eve = joins(), joins()
    one, two, hers = makes(ann), makes(ann), makes(eve)

    assert end_keys(make_act("customer", "authentication"), user=ann.user).count == 2

    assert (opens(one), opens(two)) == (None, None)
    assert opens(hers) is not None


def test_keys_are_told_apart_by_number(db) -> None:
    ann = joins()
    assert [makes(ann).number, makes(ann).number, makes(joins()).number] == [1, 2, 1]


def test_a_key_may_only_what_its_role_may(db) -> None:
    ann = joins()
    for scope in ("policy:announce", "everything", "account:read\n"):
        with pytest.raises(NotThatScope):
            makes(ann, "account:read", scope)
    with pytest.raises(NoScope):
        make_key(make_act("customer"), user=ann.user, account=ann.account, scopes=())


def test_a_key_is_for_ones_own_account_at_ones_own_brand(db) -> None:
    ann, eve = joins(), joins()
    for account, brand in ((eve.account, "vps6"), (ann.account, "vpn"), (AccountId(uuid4()), "vps6")):
        with pytest.raises(NoSuchAccount):
            make_key(make_act("customer", brand=brand), user=ann.user, account=account, scopes=["account:read"])


def test_a_customer_gets_no_staff_key(db) -> None:
    with pytest.raises(NoSuchUser):
        make_key(make_act("customer"), user=joins().user, account=None, scopes=["keys:read"])


def test_a_staff_key_carries_the_role_and_dies_when_it_changes(db) -> None:
    boss = User.objects.create(brand="", staff_role="owner")
    made = make_key(make_act("owner"), user=UserId(boss.id), account=None, scopes=["policy:announce"])
    row = opens(made)
    assert row is not None and (row.role, row.account) == ("owner", None)

    User.objects.filter(id=boss.id).update(staff_role="support")

    assert opens(made) is None


def test_support_may_not_announce(db) -> None:
    clerk = User.objects.create(brand="", staff_role="support")
    with pytest.raises(NotThatScope):
        make_key(make_act("support"), user=UserId(clerk.id), account=None, scopes=["policy:announce"])


def test_every_scope_is_some_roles() -> None:
    assert {s for role in ("customer", "owner") for s in scopes_for(role)} == set(SCOPES)


def test_there_is_a_most(db) -> None:
    ann = joins()
    for _ in range(MOST_KEYS):
        made = makes(ann)
    with pytest.raises(TooManyKeys):
        makes(ann)
    end_key(make_act("customer"), user=ann.user, key=made.id)
    makes(ann)


def row_of(made: KeyMade) -> KeyRow:
    row = opens(made)
    assert row is not None
    return row


def test_calls_are_counted_by_the_minute_and_the_day_is_noted(db) -> None:
    made = makes(joins())
    key = row_of(made)
    assert [count_call(key, NOON), count_call(key, NOON + timedelta(seconds=59))] == [1, 2]
    assert count_call(key, NOON + timedelta(seconds=60)) == 1
    assert row_of(made).used_on == NOON.date()


def test_an_answer_is_given_again_for_a_day_and_stands_sealed(db) -> None:
    key = row_of(makes(joins()))
    begun = begin_call(key, once="k-1", content="POST /x {}", at=NOON)
    assert isinstance(begun, Begun)
    finish_call(begun, {"body": "marker-of-a-person"})

    assert begin_call(key, once="k-1", content="POST /x {}", at=NOON) == Answered({"body": "marker-of-a-person"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(c::text, ' ') FROM people_apicall c")
        assert "marker" not in (kept := cursor.fetchone()[0]) and "k-1" not in kept
    assert isinstance(begin_call(key, once="k-1", content="other", at=NOON + KEPT), Begun)


def test_another_call_under_the_same_key_is_refused(db) -> None:
    key = row_of(makes(joins()))
    begin_call(key, once="k-1", content="a", at=NOON)
    with pytest.raises(CallReused):
        begin_call(key, once="k-1", content="b", at=NOON)


def test_two_customers_may_choose_the_same_idempotency_key(db) -> None:
    for who in (joins(), joins()):
        assert isinstance(begin_call(row_of(makes(who)), once="k-1", content=str(who), at=NOON), Begun)


def test_a_running_call_is_not_run_twice_until_its_lease_is_over(db) -> None:
    key = row_of(makes(joins()))
    lost = begin_call(key, once="k-1", content="a", at=NOON)
    with pytest.raises(CallStillRunning):
        begin_call(key, once="k-1", content="a", at=NOON + LEASE - timedelta(seconds=1))

    again = begin_call(key, once="k-1", content="a", at=NOON + LEASE)

    assert isinstance(again, Begun) and isinstance(lost, Begun)
    finish_call(lost, "of the one that was lost")
    finish_call(again, "of the second")
    assert begin_call(key, once="k-1", content="a", at=NOON + LEASE) == Answered("of the second")


def test_a_dropped_call_can_be_tried_again(db) -> None:
    key = row_of(makes(joins()))
    begun = begin_call(key, once="k-1", content="a", at=NOON)
    assert isinstance(begun, Begun)
    drop_call(begun)
    assert isinstance(begin_call(key, once="k-1", content="b", at=NOON), Begun)


def test_old_calls_are_forgotten(db) -> None:
    key = row_of(makes(joins()))
    begin_call(key, once="k-1", content="a", at=NOON)
    begin_call(key, once="k-2", content="a", at=NOON + timedelta(hours=1))
    assert forget_old(make_act(at=NOON + KEPT)) == 1
    assert ApiCall.objects.count() == 1


def test_when_a_key_was_used_is_kept_by_the_day_alone(db) -> None:
    key = row_of(makes(joins()))
    count_call(key, NOON)
    assert forget_old(make_act(at=NOON + timedelta(minutes=1))) == 0
    assert forget_old(make_act(at=NOON + timedelta(minutes=2))) == 1
    assert ApiPace.objects.count() == 0


def test_the_worker_forgets_them() -> None:
    from hostkeep.runtime import jobs

    assert jobs._due["api_calls"] is forget_old


def test_of_many_calls_at_once_one_is_run(committed: str) -> None:
    key = row_of(makes(joins()))

    def calls(_: int) -> str:
        try:
            return type(begin_call(key, once="k-1", content="a", at=NOON)).__name__
        except CallStillRunning:
            return "running"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        got = sorted(pool.map(calls, range(12)))
    assert got == ["Begun", *["running"] * 11]


def test_no_call_is_lost_from_the_count(committed: str) -> None:
    made = makes(joins())
    key = row_of(made)

    def calls(_: int) -> int:
        try:
            return count_call(key, NOON)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(calls, range(24))) == list(range(1, 25))


def test_two_keys_made_at_once_get_two_numbers(committed: str) -> None:
    ann = joins()

    def make(_: int) -> int:
        try:
            return makes(ann).number
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(make, range(8))) == list(range(1, 9))
    assert ApiKey.objects.filter(user_id=ann.user).count() == 8
