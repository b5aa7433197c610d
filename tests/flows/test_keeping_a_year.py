"""The soak's year goes on from what was kept of it (tests/soak/keeping.py): here in a house of one customer."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from hostkeep.drivers.conformance.machines import FakeProvisioner
from hostkeep.faces.cli import backing_up
from hostkeep.kernel.ids import SubjectId
from hostkeep.provisioning.models import Service
from hostkeep.runtime import backups, clock, migrating
from hostkeep.runtime.backups import BadBackup
from hostkeep.vault import drills, erasing, erasure_ledger, keys, rolling
from tests.conftest import make_act
from tests.flows.debtors import DAY, HOUR, Debtor, machines
from tests.soak import keeping
from tests.soak.keeping import CannotGoOn, Keeping, Year, kept_in

BRAND = "vps6"


@pytest.fixture
def made() -> Iterator[FakeProvisioner]:
    with machines() as fake:
        yield fake


@pytest.fixture
def house(pg, committed: str, settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Keeping]:
    """A year of one service and ninety days, with a keyring of its own."""
    settings.HOSTKEEP = replace(settings.HOSTKEEP, keyring=tmp_path / "keys")
    monkeypatch.setattr(rolling, "GRACE", 0.0)
    with kept_in(tmp_path / "kept", running=pg, name=committed, services=1, days=90) as kept:
        yield kept


def erases(subject: SubjectId) -> None:
    act = make_act(brand=BRAND, at=clock.now())
    erasing.erase(act, subject=subject, classes=drills.classes(act), why="drill")


def opens(subject: SubjectId) -> bool:
    return drills.opens(make_act(brand=BRAND, at=clock.now()), subject=subject)


def lies_a_day(kept: Path) -> None:
    """A day passes on the machine's own clock: here what was kept is dated back, for the clock goes on by itself."""
    told = json.loads((kept / keeping.TOLD).read_text())
    told["at"] = (datetime.fromisoformat(told["at"]) - DAY).isoformat()
    (kept / keeping.TOLD).write_text(json.dumps(told))


def applied(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_indexes WHERE indexname = %s)", [name])
        return bool(cursor.fetchone()[0])


def test_all_is_as_it_was_when_the_month_was_kept(
    house: Keeping, made: FakeProvisioner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = clock.now()
    ann = Debtor(BRAND, at=begin).starts()
    act = make_act(brand=BRAND, at=begin)
    lives, gone = drills.plant(act), drills.plant(act)
    erases(gone)
    clock.advance(30 * DAY)
    at, end, standing = clock.now(), erasure_ledger.head(), dict(made._standing)
    assert end.number and standing
    lies_a_day(house.keep(Year({ann.account: "late"}, begin, 30), made))

    for again in ("one", "two"):
        Service.objects.filter(id=ann.service).update(state="suspended")
        clock.advance(9 * DAY)
        erases(lives)
        rolling.roll(make_act(brand="", at=clock.now()))
        assert not opens(lives)
        machine = FakeProvisioner()
        monkeypatch.setattr(erasure_ledger, "NAME", f"erasures-{again}.jsonl")  # as in another process

        year = house.go_on(machine, tmp_path / again)

        assert year == Year({ann.account: "late"}, begin, 30)
        assert at - DAY <= clock.now() < at - DAY + HOUR
        assert ann.state == "active"
        assert opens(lives) and not opens(gone)
        assert erasure_ledger.head() == end and keys.epochs() == (1,)
        assert (machine.made, machine._standing) == (made.made, standing)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_setting('statement_timeout')")
        assert cursor.fetchone() == ("hk_app", "10min")


@pytest.mark.parametrize("step", ["backing_up.take", "shutil.copytree", "_onto_the_disk"])
def test_who_is_killed_while_keeping_leaves_the_month_before(
    house: Keeping, made: FakeProvisioner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, step: str
) -> None:
    before = house.keep(Year({}, clock.now(), 30), made)
    owner, _, name = f"keeping.{step}".rpartition(".")
    there = {"keeping": keeping, "keeping.backing_up": backing_up, "keeping.shutil": shutil}[owner]
    real = getattr(there, name)

    def dies(*args: object, **named: object) -> None:
        real(*args, **named)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(there, name, dies)
        with pytest.raises(KeyboardInterrupt):
            house.keep(Year({}, clock.now(), 60), made)
    assert house.months() == [before]
    if step == "_onto_the_disk":  # the latest of all
        year = house.go_on(made, tmp_path / "again")
        assert year and year.played == 30
        after = house.keep(replace(year, played=60), made)
        assert house.months() == [after]


def test_who_is_killed_before_the_month_before_is_gone_goes_on_from_the_newest(
    house: Keeping, made: FakeProvisioner, tmp_path: Path
) -> None:
    before = house.keep(Year({}, clock.now(), 30), made)
    shutil.copytree(before, tmp_path / "before")
    after = house.keep(Year({}, clock.now(), 60), made)
    (tmp_path / "before").rename(before)
    (before / keeping.TOLD).unlink()  # half of it is gone
    year = house.go_on(made, tmp_path / "again")
    assert year and year.played == 60
    house.end()
    assert after not in house.months() and house.go_on(made, tmp_path / "third") is None


def test_what_does_not_fit_is_refused_in_words(house: Keeping, made: FakeProvisioner, tmp_path: Path) -> None:
    there = house.keep(Year({}, clock.now(), 30), made)
    with pytest.raises(CannotGoOn, match="kept of 1 services and 90 days, and not of 1 and 366"):
        replace(house, days=366).go_on(made, tmp_path / "other")
    with pytest.raises(CannotGoOn, match="another process"):
        with kept_in(house.folder, running=house.running, name=house.name, services=1, days=90):
            pass
    dump = there / keeping.BACKUP / backups.DUMP
    dump.write_bytes(dump.read_bytes()[:-100])
    with pytest.raises(BadBackup) as error:
        house.go_on(made, tmp_path / "cut")
    assert "was cut off or altered after the backup" in str(error.value.facts["why"])


def test_an_older_state_is_brought_forward_and_a_newer_one_refused(
    house: Keeping, made: FakeProvisioner, tmp_path: Path
) -> None:
    with house._as_its_owner(), migrating.as_owner():
        call_command("migrate", "runtime", "0002", verbosity=0)
    assert not applied("event_at")
    house.keep(Year({}, clock.now(), 30), made)
    assert house.go_on(made, tmp_path / "forward")
    assert applied("event_at") and migrating.is_up_to_date()

    with house._as_its_owner(), migrating.as_owner(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('billing', '9999_of_tomorrow', now())")
    house.keep(Year({}, clock.now(), 60), made)
    with pytest.raises(CannotGoOn, match="newer state of the code kept .*billing.9999_of_tomorrow"):
        house.go_on(made, tmp_path / "newer")
