"""Promo codes on the command line."""

from __future__ import annotations

import pytest

from hostkeep.faces.cli.commands import run
from hostkeep.shop.models import PromoCode

pytestmark = pytest.mark.django_db(databases="__all__")
GOOD = ["promo", "make", "vps6", "spring26", "--percent", "12.5", "--terms", "always", "--title-vi", "Xuân"]


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a process checks of its machine when it starts is not what is asked here."""
    monkeypatch.setattr("hostkeep.faces.cli.promo_commands.ready_and_checked", lambda: None)


def test_a_code_is_made_listed_and_switched(capsys) -> None:
    assert run([*GOOD, "--product", "hexa-m", "--least", "EUR=25", "--most-uses", "9"]) == 0
    row = PromoCode.objects.get()
    assert (row.code, row.value, row.periods, row.products) == ("SPRING26", 125_000, None, ["hexa-m"])
    assert (row.least, row.title) == ({"EUR": 2500}, {"en": "Discount", "vi": "Xuân"})
    assert run(["promo", "off", "vps6", "Spring26"]) == 0
    assert run(["promo", "list", "vps6"]) == 0
    assert "SPRING26\toff\t12.5%\t0/9 used, 0 paid" in capsys.readouterr().out
    assert run(["promo", "on", "vps6", "spring26"]) == 0
    row.refresh_from_db()
    assert row.retired_at is None


@pytest.mark.parametrize(
    "more", [["--least", "GBP=5"], ["--product", "nothing"], ["--months", "x"], ["--until", "yesterday"]]
)
def test_what_makes_no_sense_is_refused(capsys, more: list[str]) -> None:
    assert run([*GOOD, *more]) == 2
    assert capsys.readouterr().err.startswith("hostkeep: ")
    assert not PromoCode.objects.exists()


def test_a_code_that_is_not_there_is_refused(capsys) -> None:
    assert run(["promo", "off", "vps6", "NEVER"]) == 2
    assert "There is no such code." in capsys.readouterr().err


def test_a_part_or_an_amount_is_asked_for() -> None:
    with pytest.raises(SystemExit):
        run(["promo", "make", "vps6", "SPRING26"])
