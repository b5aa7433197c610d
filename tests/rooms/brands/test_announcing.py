"""Versions obey the notice of the version in force: by page, command and database."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from hostkeep.brands import queries
from hostkeep.brands.actions.announcing import announce_policy, drop_draft, save_draft, sign_spelling
from hostkeep.brands.errors import DayIsPast, NotOnlySpelling, NoticeTooShort, OnlyStaffSign, OtherBrand
from hostkeep.brands.preparing import draft_of, source_of
from hostkeep.brands.rules.versions import State, in_force, state_of
from hostkeep.kernel.ids import BrandId
from hostkeep.policy.errors import PolicyError
from hostkeep.runtime import clock
from tests.conftest import make_act
from tests.rooms.brands.announcements import announce, changed, longer, reworded, shipped, shorter

VPS6, VPN = BrandId("vps6"), BrandId("vpn")
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def house(db: None) -> None:
    """Tables."""


def staff(number: int, role: str = "owner"):
    who = f"staff:00000000-0000-4000-8000-00000000000{number}"
    return make_act(role, "site_administration", brand="vps6", at=clock.now(), actor=who)


def test_a_material_change_waits_thirty_full_days_at_vps6() -> None:
    made = announce("vps6", longer("vps6"))

    assert made.material
    assert made.effective_at - made.announced_at == 30 * DAY
    assert queries.version_in_force(VPS6, made.effective_at - timedelta(seconds=1)).version == 1
    assert queries.version_in_force(VPS6, made.effective_at).version == 2


def test_a_lighter_change_is_in_force_at_once() -> None:
    made = announce("vps6", shorter("vps6"))

    assert not made.material
    assert made.effective_at == made.announced_at
    assert queries.version_in_force(VPS6, clock.now()).version == 2


def test_a_day_too_soon_is_refused_naming_the_clause_and_nothing_is_announced() -> None:
    with pytest.raises(NoticeTooShort) as no:
        announce("vps6", longer("vps6"), effective_at=clock.now() + 29 * DAY)

    assert no.value.clause == "V6-16"
    assert len(queries.versions_of(VPS6)) == 1


def test_thirty_days_named_a_moment_ago_are_thirty_days() -> None:
    made = announce("vps6", longer("vps6"), effective_at=clock.now() + 30 * DAY - timedelta(minutes=5))
    assert made.effective_at - made.announced_at == 30 * DAY


def test_a_later_day_is_kept() -> None:
    wish = clock.now() + 45 * DAY
    assert announce("vps6", longer("vps6"), effective_at=wish).effective_at == wish


def test_a_past_day_is_refused() -> None:
    with pytest.raises(DayIsPast):
        announce("vps6", shorter("vps6"), effective_at=clock.now() - DAY)


def test_staff_may_call_a_change_heavier_and_never_lighter() -> None:
    assert announce("vps6", shorter("vps6"), weighed="material").material


def test_a_rewording_is_material_until_two_people_sign_for_spelling() -> None:
    sign_spelling(staff(1), brand=VPS6, source=reworded())
    sign_spelling(staff(1), brand=VPS6, source=reworded())

    with pytest.raises(NoticeTooShort):
        announce("vps6", reworded(), effective_at=clock.now() + DAY)

    assert sign_spelling(staff(2, "privacy"), brand=VPS6, source=reworded()).signers == 2
    made = announce("vps6", reworded())
    assert not made.material
    assert made.effective_at == made.announced_at


def test_signatures_are_for_one_text_alone() -> None:
    for number in (1, 2):
        sign_spelling(staff(number), brand=VPS6, source=reworded())
    other = reworded().replace("we note down", "we jot down", 1)
    assert other != reworded()
    assert announce("vps6", other).material


@pytest.mark.parametrize(("actor", "role"), [("cli", "owner"), ("staff:1", "support"), ("user:1", "owner")])
def test_who_may_not_sign(actor: str, role: str) -> None:
    act = make_act(role, "site_administration", brand="vps6", at=clock.now(), actor=actor)
    with pytest.raises(OnlyStaffSign):
        sign_spelling(act, brand=VPS6, source=reworded())


def test_nobody_signs_a_changed_rule_as_spelling() -> None:
    with pytest.raises(NotOnlySpelling):
        sign_spelling(staff(1), brand=VPS6, source=longer("vps6"))


def test_a_text_for_another_brand_is_refused() -> None:
    with pytest.raises(OtherBrand):
        announce("vps6", shipped("vpn"))


def test_a_text_that_does_not_compile_is_refused() -> None:
    with pytest.raises(PolicyError):
        announce("vps6", shipped("vps6").replace("kind: disclose", "kind: gossip", 1))


def test_the_lighter_text_cannot_overtake_a_pending_one_into_a_material_step() -> None:
    pending = announce("vps6", changed("vps6", ("plus: P14D, then: erase}\n  - {kind: backup", "plus: P7D, then: erase}\n  - {kind: backup")), effective_at=clock.now() + 10 * DAY)
    assert not pending.material

    later = announce("vps6", shipped("vps6") + "\n# as it was\n", effective_at=clock.now() + 40 * DAY)

    assert later.material, "on that day it takes the place of a text that keeps less"


def test_the_life_of_a_version() -> None:
    first = queries.version_in_force(VPS6, clock.now())
    made = announce("vps6", longer("vps6"))
    rows = queries.versions_of(VPS6)

    assert [state_of(row, rows, clock.now()) for row in rows] == [State.ANNOUNCED, State.IN_FORCE]
    after = made.effective_at
    assert [state_of(row, rows, after) for row in rows] == [State.IN_FORCE, State.SUPERSEDED]
    assert in_force(rows, first.effective_at - DAY) == 0


def test_a_draft_binds_nobody_and_goes_when_it_is_announced() -> None:
    save_draft(staff(1), brand=VPS6, source=shorter("vps6"))
    kept = draft_of(VPS6)
    assert kept is not None and kept.author.startswith("staff:")
    assert queries.version_in_force(VPS6, clock.now()).version == 1

    announce("vps6", kept.source)
    assert draft_of(VPS6) is None
    save_draft(staff(1), brand=VPS6, source=longer("vps6"))
    drop_draft(staff(1), brand=VPS6)
    assert draft_of(VPS6) is None
    assert source_of(VPS6, 2) == shorter("vps6")


def insert(**columns) -> None:
    """Write a version past the program, as somebody with a database prompt would."""
    row = {
        "handle": "6f1c1b3e-0000-4000-8000-000000000001", "brand": "vps6", "version": 2, "digest": "0" * 64,
        "source": "x", "weight": "material", "mode": "page", "period": timedelta(0),
        "announced_at": clock.now(), "effective_at": None, **columns,
    }  # fmt: skip
    names, marks = ", ".join(row), ", ".join(["%s"] * len(row))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO brands_policyversion ({names}) VALUES ({marks})", list(row.values()))


def test_the_application_itself_cannot_write_a_version() -> None:
    with pytest.raises(DatabaseError, match="permission denied"):
        insert()


@pytest.fixture
def superuser(committed: str, pg):
    """Somebody at the database's own prompt."""
    with psycopg.connect(pg.url("postgres", committed), autocommit=True) as line:
        yield line


SQL = """INSERT INTO brands_policyversion (handle, brand, version, digest, source, weight, mode, period, announced_at, effective_at)
VALUES (gen_random_uuid(), 'vps6', %(version)s, repeat('0', 64), 'x', %(weight)s, 'page', '0', %(announced)s, %(effective)s)
RETURNING announced_at, effective_at"""


def attempt(line, **more):
    now = datetime.now(UTC)
    given = {"version": 2, "weight": "material", "announced": now, "effective": now + 30 * DAY} | more
    return line.execute(SQL, given).fetchone()


def test_the_database_refuses_a_day_too_soon_a_lighter_weight_and_a_backdated_announcement(superuser) -> None:
    now = datetime.now(UTC)
    with pytest.raises(psycopg.errors.CheckViolation, match="notice"):
        attempt(superuser, effective=now + 29 * DAY)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="weighs"):
        attempt(superuser, weight="minor", effective=now)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        attempt(superuser, weight="first", effective=now)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        attempt(superuser, weight="spelling", effective=now)
    with pytest.raises(psycopg.errors.CheckViolation):
        attempt(superuser, announced=now - 40 * DAY, effective=now)
    with pytest.raises(psycopg.errors.RestrictViolation, match="one by one"):
        attempt(superuser, version=7)

    announced, effective = attempt(superuser, announced=now - 40 * DAY, effective=now + 31 * DAY)
    assert announced >= now, "the database dates by its own clock"
    with pytest.raises(psycopg.errors.RestrictViolation, match="written once"):
        superuser.execute("UPDATE brands_policyversion SET announced_at = announced_at - interval '40 days' WHERE version = 2")
    with pytest.raises(psycopg.errors.RestrictViolation):
        superuser.execute("DELETE FROM brands_policyversion WHERE version = 2")
    with pytest.raises(psycopg.errors.RestrictViolation):
        superuser.execute("TRUNCATE brands_policyversion CASCADE")


def test_two_announce_at_once_and_each_is_held_to_the_other(committed: str) -> None:
    texts = [longer("vps6"), shorter("vps6")]
    made, broken = [], []

    def go(text: str) -> None:
        try:
            act = make_act("owner", "site_administration", brand="vps6", at=clock.now(), actor="cli")
            made.append(announce_policy(act, brand=VPS6, source=text))
        except Exception as error:  # noqa: BLE001
            broken.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert broken == []
    assert sorted(each.version for each in made) == [2, 3]
    heavy = next(each for each in made if each.material)
    assert heavy.effective_at - heavy.announced_at == 30 * DAY


def test_every_entry_of_the_audit_names_the_policy_it_stands_under() -> None:
    from hostkeep.audit.models import Entry

    digest = queries.version_in_force(VPS6, clock.now()).digest
    save_draft(staff(1), brand=VPS6, source=shorter("vps6"))

    entry = Entry.objects.filter(verb="brands.policy.drafted").latest("id")
    assert entry.digest == digest


def test_a_policy_that_forbids_what_the_brands_own_gateway_needs_is_refused_naming_both() -> None:
    text = changed("vps6", ("  gateways: [testpay, bank_transfer]", "  gateways: [testpay]"), ("  never: [card]", "  never: [card, bank_account]"))
    with pytest.raises(PolicyError) as no:
        announce("vps6", text)
    said = " ".join(str(problem) for problem in no.value.problems)
    assert "bank_transfer" in said and "V6-3" in said
