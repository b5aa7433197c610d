"""What is left behind: in logs, in browsers, on shared machines."""

from __future__ import annotations

import json
import logging
from importlib import import_module

import pytest
from django.conf import settings
from django.core.cache import caches
from django.test import Client

from hostkeep.runtime.logs import NameOnly
from tests.faces.shop.conftest import HERE

SECRET = "ann.fields@example.test"
AT = {"host": "vps6.localhost", **HERE}


def test_a_librarys_line_holds_no_text(db, capsys) -> None:
    assert any(isinstance(handler, NameOnly) for handler in logging.getLogger().handlers)
    assert Client().get(f"/account/{SECRET}/", headers=AT).status_code == 404
    try:
        raise ValueError(SECRET)
    except ValueError:
        logging.getLogger("django.request").exception("Internal Server Error: %s", SECRET)
    said = capsys.readouterr().err
    assert SECRET not in said
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert {"event": "django.request.error", "level": "error", "exception": "ValueError"} in lines
    assert any(line["event"] == "django.request.warning" for line in lines)


@pytest.mark.parametrize("path", ["/cart/", "/receipts/", "/"])
def test_a_page_for_a_cookie_is_not_stored(db, path: str) -> None:
    holder = Client()
    holder.cookies["__Host-cart"] = "some-token"
    assert holder.get(path, headers=AT)["Cache-Control"] == "no-store"


def test_a_page_for_anybody_may_be(db) -> None:
    assert "Cache-Control" not in Client().get("/", headers=AT)


@pytest.mark.parametrize("brand", ["vps6", "vpn", "vpsfast"])
def test_a_cart_that_became_an_accounts_is_hidden_once_they_left(member, brand: str) -> None:
    ann = member(brand)
    ann.puts()
    ann.get("/checkout/")
    page = ann.get("/account/profile/")
    assert ann.get("/cart/").context["cart"].pieces == 1
    ann.sends(page, "/auth/logout/", form_token=str(page.context["request"].form_token))
    left = ann.get("/cart/")
    assert left.context["cart"] is None
    assert not left.context["cart_count"]
    assert not ann.get("/").context["cart_count"]


def test_rate_limits_are_not_washed_away() -> None:
    assert caches["default"]._max_entries >= 10_000


def test_a_passkey_over_plain_http_is_for_the_loopback() -> None:
    assert settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN is settings.HOSTKEEP.public_url.startswith("http://")
    assert settings.WHITENOISE_ALLOW_ALL_ORIGINS is False
    assert import_module(settings.SESSION_ENGINE).__name__ == "hostkeep.people.sessions"
