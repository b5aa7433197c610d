"""The nightly scan finds a personal value where none should be, and never repeats it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings

from hostkeep.audit.reading import raised_after
from hostkeep.flows import scanning
from hostkeep.flows.scanning import Sighting
from hostkeep.kernel.columns import not_personal, personal
from hostkeep.kernel.ids import BrandId
from hostkeep.runtime import columns
from hostkeep.vault import cipher, looking
from tests.conftest import NOON, make_act

ACT = make_act(brand="vps6")


@pytest.fixture(autouse=True)
def own_logs(tmp_path: Path) -> Iterator[Path]:
    """Log files of this test alone."""
    with override_settings(HOSTKEEP=replace(settings.HOSTKEEP, data=tmp_path, logs=str(tmp_path / "out"))):
        (tmp_path / "out").mkdir()
        yield tmp_path / "out"


def plant(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


TALLY = "INSERT INTO runtime_tally (day, brand, kind, name, count, last_at) VALUES ('2026-03-01', 'vps6', 'cookie.sent', %s, 1, now())"
EVENT = (
    "INSERT INTO runtime_event (id, kind, body, brand, trace, at)"
    " VALUES (gen_random_uuid(), 'x', jsonb_build_object('said', %s::text), '', 't', now())"
)
JOB = "INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES ('due', 'x', jsonb_build_object('to', %s::text))"


MAIL = (
    "INSERT INTO messaging_mail (id, once, brand, stream, template, facts, subject, address, language, token, state,"
    " attempts, queued_at, proof, last_code) VALUES (gen_random_uuid(), 'x', 'vpn', 'account', 'account/reset',"
    " jsonb_build_object('said', %s::text), gen_random_uuid(), 'login', 'en', 't', 'queued', 0, now(), '', '')"
)


def test_a_fresh_house_is_clean_everywhere(committed: str) -> None:
    looked = scanning.scan(ACT)

    assert scanning.newest() == scanning.ScanRow(NOON, ())
    assert looked > 500
    assert not raised_after(0)


@pytest.mark.parametrize(
    ("statement", "value", "place", "detector", "whose"),
    [
        (TALLY, "ann@example.test", "runtime_tally.name", "email", "vps6"),
        (EVENT, "+31 6 1234 5678", "runtime_event.body", "phone", ""),
        (EVENT, "203.0.113.9", "runtime_event.body", "ip", ""),
        (EVENT, "4111 1111 1111 1111", "runtime_event.body", "card", ""),
        (JOB, "NL91ABNA0417164300", "procrastinate_jobs.args", "iban", ""),
        (JOB, "canary0123456789abcdef", "procrastinate_jobs.args", "canary", ""),
        (MAIL, "canary0123456789abcdef", "messaging_mail.facts", "canary", "vpn"),
        (MAIL, "ann@example.test", "messaging_mail.facts", "email", "vpn"),
    ],
    ids=["email", "phone", "ip", "card", "iban", "canary in a job", "canary in a mail", "email in a mail"],
)
def test_a_planted_value_is_found_by_table_column_and_shape(
    committed: str, capsys: pytest.CaptureFixture[str], statement: str, value: str, place: str, detector: str, whose: str
) -> None:
    plant(statement, value)

    scanning.scan(ACT)

    found = scanning.newest()
    assert found is not None
    assert found.sightings == (Sighting(place, detector, BrandId(whose)),)
    assert [raised.kind for raised in raised_after(0)] == ["value_in_clear"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(e::text, ' ') FROM audit_entry e")
        assert value not in cursor.fetchone()[0]
    said = capsys.readouterr().err
    assert place in said
    assert value not in said


def test_a_scan_that_dies_before_its_end_leaves_nothing_and_the_next_rings_once(
    committed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(TALLY, "ann@example.test")
    real = scanning.enter_apart

    def dies(act, verb, *rest, **more):
        if verb == scanning.DONE:
            raise ZeroDivisionError
        real(act, verb, *rest, **more)

    with monkeypatch.context() as patch:
        patch.setattr(scanning, "enter_apart", dies)
        with pytest.raises(ZeroDivisionError):
            scanning.scan(ACT)
    assert (scanning.newest(), raised_after(0)) == (None, ())
    scanning.scan(ACT)
    assert [raised.kind for raised in raised_after(0)] == ["value_in_clear"]


def test_a_value_in_a_column_of_the_vault_is_counted_behind_the_wall(committed: str) -> None:
    from hostkeep.vault import wall
    from hostkeep.vault.sealing import check_keyring

    check_keyring()
    with wall.opened():
        plant("UPDATE vault_keyring SET replayed_head = 'ann@example.test'")

    scanning.scan(ACT)

    assert (found := scanning.newest())
    assert Sighting("vault_keyring.replayed_head", "email") in found.sightings


def test_a_canary_in_a_log_file_is_found(committed: str, own_logs: Path) -> None:
    (own_logs / "serve.log").write_text('{"event": "page.broke"}\ncanary0123456789abcdef@canary.invalid\n')
    (own_logs.parent / "worker.log").write_text("nothing here\n")

    scanning.scan(ACT)

    assert (found := scanning.newest())
    assert {each.place for each in found.sightings} == {"log serve.log"}
    assert {each.detector for each in found.sightings} == {"canary", "email"}


def test_what_is_declared_to_hold_a_shape_is_not_reported(committed: str) -> None:
    profile = next(each for each in columns.declarations() if (each.table, each.column) == ("brands_brand", "profile"))
    assert "email" in profile.declared.holds

    scanning.scan(ACT)

    assert (found := scanning.newest())
    assert found.sightings == ()


def test_it_is_made_once_a_day(committed: str) -> None:
    assert scanning.run_for(ACT, "house") > 0
    assert scanning.run_for(replace(ACT, at=NOON + timedelta(hours=23)), "house") == 0
    plant(TALLY, "ann@example.test")
    assert scanning.fresh(replace(ACT, at=NOON + timedelta(hours=23))).sightings == ()
    assert scanning.fresh(replace(ACT, at=NOON + timedelta(hours=25))).sightings != ()


def test_once_removed_the_next_scan_is_clean(committed: str) -> None:
    plant(TALLY, "ann@example.test")
    assert scanning.fresh(ACT).sightings
    plant("DELETE FROM runtime_tally WHERE name = %s", "ann@example.test")

    assert scanning.fresh(replace(ACT, at=NOON + timedelta(days=1))).sightings == ()


def test_of_a_large_table_the_newest_rows_are_seen(committed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "WHOLE_PAGES", 5)
    plant(
        "INSERT INTO runtime_event (id, kind, body, brand, trace, at)"
        " SELECT gen_random_uuid(), 'x', '{}', '', repeat('t', 60), now() FROM generate_series(1, %s)", 20_000
    )  # fmt: skip
    plant(EVENT, "ann@example.test")

    scanning.scan(ACT)

    assert (found := scanning.newest())
    assert Sighting("runtime_event.body", "email") in found.sightings


BOX = "A" * 60 + "-_=="


@pytest.mark.parametrize(
    ("text", "box"),
    [
        (f"c1.3.{BOX}", True),
        (f'"c2.account.{"0f" * 32}.{BOX}"', True),
        (f"c2.account.{'0f' * 32}.{BOX} ann@example.test", False),
        (f"ann@example.test c1.3.{BOX}", False),
        (f"c1.3.{BOX}\nann@example.test", False),
        ("c1.3.0201234567", False),
        ("c2.gone.0201234567", False),
        (BOX, False),
    ],
)
def test_only_a_ciphertext_and_nothing_else_is_taken_for_one(text: str, box: bool) -> None:
    assert looking.is_box(text) is box


def test_what_the_house_seals_is_taken_for_a_box(db: None) -> None:
    assert looking.is_box(cipher.seal_column("Ann", place="a.b"))


def test_of_a_sealed_column_the_ciphertext_alone_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr(scanning, "found_in", lambda text: seen.append(text) or frozenset())
    sealed, clear = personal("name", sealed="its key"), not_personal("a word of ours")
    for said in (sealed, clear):
        known: dict[str, frozenset[str]] = {}
        for text in (f"c1.3.{BOX}", "ann@example.test", "ann@example.test"):
            scanning._shapes_in(text, said, known)
    assert seen == ["ann@example.test", f"c1.3.{BOX}", "ann@example.test"]


def test_a_value_that_comes_often_is_counted_as_often(committed: str) -> None:
    for _ in range(3):
        plant(EVENT, "ann@example.test")
    scanning.scan(ACT)
    with connection.cursor() as cursor:
        cursor.execute("SELECT category, count FROM audit.audit_entry WHERE verb = %s", [scanning.FOUND])
        assert cursor.fetchall() == [("email", 3)]
