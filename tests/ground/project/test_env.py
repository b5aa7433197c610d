"""The environment, parsed once: unknown settings are errors, addresses are read as libpq reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from hostkeep.faces.cli.demo_people import note_base_url, write_demo_file
from hostkeep.project.env import BadEnvironment, read


def said(tmp_path: Path, **told: str):
    return read({"HOSTKEEP_DATA": str(tmp_path), "PATH": "/bin", **{f"HOSTKEEP_{k}": v for k, v in told.items()}})


def test_without_an_address_the_database_is_our_own(tmp_path: Path) -> None:
    env = said(tmp_path)
    assert env.embedded
    assert (env.database["USER"], env.owner["USER"]) == ("hk_app", "hk_owner")
    assert env.database["HOST"] == str(tmp_path / "postgres")


def test_an_address_is_read_with_all_it_says(tmp_path: Path) -> None:
    env = said(tmp_path, DATABASE_URL="postgresql://hk_app:p%40ss@db.example:5433/shop?sslmode=verify-full")
    assert not env.embedded
    assert env.database == {
        "NAME": "shop", "USER": "hk_app", "PASSWORD": "p@ss", "HOST": "db.example", "PORT": "5433",
        "OPTIONS": {"sslmode": "verify-full"},
    }  # fmt: skip
    assert env.owner == env.database


def test_a_socket_with_a_port_is_an_address_too(tmp_path: Path) -> None:
    env = said(tmp_path, DATABASE_URL="postgresql://hk_app@/shop?host=/run/pg&port=5499")
    assert (env.database["HOST"], env.database["PORT"]) == ("/run/pg", "5499")


@pytest.mark.parametrize("url", ["mysql://x/y", "postgresql://host", "shop", "postgresql://[/x"])
def test_what_is_no_address_is_refused_in_plain_words(tmp_path: Path, url: str) -> None:
    with pytest.raises(BadEnvironment, match="must read postgresql://"):
        said(tmp_path, DATABASE_URL=url)


def test_an_unknown_setting_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BadEnvironment, match="HOSTKEEP_DEMMO is not a setting"):
        said(tmp_path, DEMMO="1")


def test_a_secret_can_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("long and secret\n")
    assert said(tmp_path, SECRET_KEY_FILE=str(tmp_path / "secret")).secret_key == "long and secret"


def test_our_own_secret_is_made_once_and_for_us_alone(tmp_path: Path) -> None:
    assert said(tmp_path).secret_key == said(tmp_path).secret_key
    assert (tmp_path / "keys" / "secret_key").stat().st_mode & 0o777 == 0o600


def test_a_number_must_be_one(tmp_path: Path) -> None:
    with pytest.raises(BadEnvironment, match="must be a number"):
        said(tmp_path, TRUSTED_PROXIES="two")


def test_each_brand_has_its_own_stripe_account(tmp_path: Path) -> None:
    own = '{"vps6": {"key": "rk_live_6", "secrets": "whsec_6"}, "vpn": {"key": "rk_live_n", "secrets": "a b", "former": "rk_live_6"}}'
    env = said(tmp_path, STRIPE=own)
    assert env.stripe["vps6"] == {"key": "rk_live_6", "secrets": "whsec_6"}
    assert env.stripe["vpn"]["former"] == "rk_live_6"
    assert "rk_live" not in repr(env)


@pytest.mark.parametrize(
    "own",
    ['{"vps6": {"key": "rk_hush"}}', '{"vps6": {"secrets": "a"}}', '{"vps6": {"key": "rk_hush", "secrets": " "}}',
     '{"vps6": {"key": "rk_hush", "secrets": "a", "secret": "b"}}'],
)  # fmt: skip
def test_half_an_account_is_refused_and_no_key_is_said(tmp_path: Path, own: str) -> None:
    with pytest.raises(BadEnvironment, match='must say "key" and "secrets" of vps6') as fault:
        said(tmp_path, STRIPE=own)
    assert "rk_hush" not in str(fault.value)


def test_a_command_beside_a_demo_knows_where_the_demo_stands(tmp_path: Path) -> None:
    assert said(tmp_path, DEMO="1").public_url == "http://localhost:8000"
    told = tmp_path / "demo.json"
    write_demo_file(told, base_url="http://localhost:8135", database_url="", accounts=[])
    assert said(tmp_path, DEMO="1").public_url == "http://localhost:8135"
    note_base_url(told, "http://localhost:8136")
    assert said(tmp_path, DEMO="1").public_url == "http://localhost:8136"
    assert told.stat().st_mode & 0o077 == 0
    assert said(tmp_path, DEMO="1", PUBLIC_URL="http://shop.localhost:1").public_url == "http://shop.localhost:1"
    assert said(tmp_path).public_url == "http://localhost:8000"
