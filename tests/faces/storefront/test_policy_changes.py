"""A change of the policy as visitors read it: on the policy page, in the history and, where promised, at home."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from hostkeep.brands import queries
from hostkeep.brands.actions.announcing import announce_policy
from hostkeep.faces.storefront.differences import difference
from hostkeep.faces.ui import still
from hostkeep.kernel.ids import BrandId
from hostkeep.runtime import clock
from tests.conftest import ROOT, make_act

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    """What a process believes for a second is another test's."""
    queries.forget()
    still.forget()
    yield
    queries.forget()
    still.forget()


def page(slug: str, path: str, language: str = "en") -> str:
    answer = Client(HTTP_HOST=f"{slug}.localhost", headers={"accept-language": language}).get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def announce(slug: str, **replaced: tuple[str, str]) -> None:
    """Announce the brand's policy with some pieces of its text replaced."""
    source = Path(ROOT / "brands" / slug / "policy.yaml").read_text(encoding="utf-8")
    for old, new in replaced.values():
        assert old in source
        source = source.replace(old, new, 1)
    act = make_act(at=clock.now(), brand=slug)
    announce_policy(act, brand=BrandId(slug), source=source, effective_at=None)
    queries.forget()
    still.forget()


MORE_OF_EACH = {
    "collected": ("{ask: optional, why: {en: \"if you would rather be called\"", "{ask: required, why: {en: \"if you would rather be called\""),
    "used": ("roles: [support, billing, sales, owner], needs: [reason]}", "roles: [support, billing, sales, abuse, owner], needs: [reason]}"),
    "disclosed": ("categories: [name, email, phone]\n      purposes: [service]", "categories: [name, email, phone, address]\n      purposes: [service]"),
}  # fmt: skip


def titles(text: str) -> list[str]:
    return re.findall(r'<section class="stack is-tight" aria-label="([^"]+)">', text)


@pytest.mark.parametrize("path", ["/", "/privacy/", "/privacy/history/"])
def test_an_announced_change_stands_grouped_as_collection_use_and_disclosure(path: str) -> None:
    announce("vps6", **MORE_OF_EACH)
    text = page("vps6", path)

    assert titles(text)[:3] == ["What we collect", "What we use it for", "Who else gets it"]
    for heading in ("Field: Contact, Phone number", "Who reads it: Running your account", "The firm that moves your site"):
        assert heading in text
    assert "Material" in text
    assert "<ins>" in text


def test_the_same_is_told_in_vietnamese() -> None:
    announce("vps6", **MORE_OF_EACH)

    assert titles(page("vps6", "/", "vi"))[:3] == ["Chúng tôi thu thập gì", "Chúng tôi dùng vào việc gì", "Ai khác được nhận"]


def test_the_home_page_is_quiet_where_nothing_changed_and_where_it_is_not_promised() -> None:
    assert "privacy policy takes effect" not in page("vps6", "/")

    announce("vpsfast", reworded=("nobody", "no one"))

    assert not titles(page("vpsfast", "/"))
    assert titles(page("vpsfast", "/privacy/"))


def test_the_home_page_tells_of_a_change_for_thirty_days_and_the_policy_page_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    announce("vps6", **MORE_OF_EACH)
    now = clock.now()

    for days, told in ((31, True), (59, True), (61, False)):
        monkeypatch.setattr(clock, "now", lambda days=days: now + timedelta(days=days))
        still.forget()
        assert ("Who else gets it" in titles(page("vps6", "/"))) == told
        text = page("vps6", "/privacy/")
        assert "has been in force since" in text
        assert "Who else gets it" in titles(text)


def test_the_history_names_each_version_its_state_and_its_weight() -> None:
    announce("vpsfast", reworded=("nobody", "no one"))
    announce("vps6", **MORE_OF_EACH)

    fast, six = page("vpsfast", "/privacy/history/"), page("vps6", "/privacy/history/")

    assert [int(n) for n in re.findall(r'id="v(\d+)"', fast)] == [2, 1]
    assert fast.index("In force") < fast.index("Superseded")
    assert six.index("Announced") < six.index("In force")
    assert "The first version; there was none before it." in six


def test_a_change_that_eases_nothing_for_us_is_not_called_material() -> None:
    announce("vps6", stricter=("plus: P14D, then: erase", "plus: P13D, then: erase"))
    text = page("vps6", "/privacy/")

    assert "None of this is material." in text
    assert "data goes sooner" in text
    assert "data goes sooner" in page("vps6", "/"), "vps6 shows small changes at home, too"


def test_a_small_change_is_not_at_home_where_the_policy_shows_it_on_its_own_page_alone() -> None:
    announce("vps6", quieter=("  minor_by: [policy_page, home_page]\n", ""))
    now = clock.now()
    with pytest.MonkeyPatch.context() as later:
        later.setattr(clock, "now", lambda: now + timedelta(days=31))
        queries.forget()
        announce("vps6", quieter=("  minor_by: [policy_page, home_page]\n", ""), stricter=("plus: P14D, then: erase", "plus: P13D, then: erase"))

        assert not titles(page("vps6", "/"))
        assert "data goes sooner" in page("vps6", "/privacy/")


def test_a_change_is_said_once_and_then_remembered() -> None:
    announce("vps6", **MORE_OF_EACH)
    page("vps6", "/")
    said = difference.cache_info().misses

    for path in ("/", "/privacy/", "/privacy/history/"):
        still.forget()
        page("vps6", path)

    assert difference.cache_info().misses == said


def test_a_version_to_come_with_the_text_in_force_is_not_called_the_one_in_force() -> None:
    announce("vps6", **MORE_OF_EACH)
    source, now = (ROOT / "brands" / "vps6" / "policy.yaml").read_text(encoding="utf-8"), clock.now()
    act = make_act(at=now, brand="vps6")
    announce_policy(act, brand=BrandId("vps6"), source=source, effective_at=now + timedelta(days=3))
    queries.forget()
    text = page("vps6", "/privacy/")

    assert "Version 1, in force since" in text
    assert "Privacy policy v1" in text
