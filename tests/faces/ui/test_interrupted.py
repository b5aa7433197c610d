"""A session that somebody ends while a request of it runs: the answer never denies what was done."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hostkeep.people.models import Session
from hostkeep.runtime import clock
from hostkeep.vault import objecting, objections
from tests.conftest import make_act
from tests.faces.client.conftest import Member, member
from tests.faces.shop.conftest import hidden, text

__all__ = ["member"]

HERE = "/account/privacy/objections/"
MAKE = f"{HERE}make/"
DENIAL = "Nothing of it was stored"


def ends_meanwhile(monkeypatch: pytest.MonkeyPatch, module: object, name: str) -> None:
    """Let another window log out just as a deed is done, before its answer is stored in the session."""
    deed: Callable[..., object] = getattr(module, name)

    def done(*args: object, **named: object) -> object:
        result = deed(*args, **named)
        Session.objects.all().delete()
        return result

    monkeypatch.setattr(module, name, done)


def objected(who: Member) -> list[str]:
    act = make_act("customer", "rights", brand=who.brand, at=clock.now(), own=who.account.subject)
    return [row.purpose for row in objections.objections_of(act, subject=who.account.subject)]


def test_what_was_done_is_not_denied(db, member, monkeypatch) -> None:
    ann = member("photonvps")
    page = ann.get(HERE)
    ends_meanwhile(monkeypatch, objecting, "object_to")

    answer = ann.sends(page, MAKE, purpose="company_news")

    assert objected(ann) == ["company_news"], "the deed is done"
    assert answer.status_code == 409
    assert DENIAL not in text(answer)
    assert "may have been done all the same" in text(answer)
    assert answer.cookies["__Host-sid"]["max-age"] == 0
    assert "no-store" in answer.headers["Cache-Control"]
    assert 'href="/auth/login/"' in answer.content.decode()
    assert "/auth/logout/" not in answer.content.decode(), "nobody is signed in on this page"


def test_who_only_looked_logs_in_again(db, member, monkeypatch) -> None:
    ann = member("photonvps")
    from hostkeep.faces.client import objections as page

    def shows(request):
        request.session["seen"] = True
        Session.objects.all().delete()
        return real(request)

    real = page.objections
    monkeypatch.setattr(page.objection_urls[0], "callback", shows)
    answer = ann.get(HERE)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/auth/login/")
    assert answer.cookies["__Host-sid"]["max-age"] == 0


def test_a_program_is_told_the_same(db, member, monkeypatch) -> None:
    ann = member("photonvps")
    page = ann.get(HERE)
    ends_meanwhile(monkeypatch, objecting, "object_to")
    answer = ann.client.post(
        MAKE, {**hidden(page, MAKE), "purpose": "company_news"},
        headers={"host": ann.host, "sec-fetch-site": "same-origin", "accept": "application/json"},
    )  # fmt: skip
    assert answer.status_code == 409
    assert answer.json()["code"] == "session.ended_meanwhile"


def test_a_damaged_request_is_still_told_that_nothing_was_stored(db, member) -> None:
    ann = member("photonvps")
    answer = ann.client.post(
        MAKE, b"--x\r\nnonsense", content_type="multipart/form-data; boundary=", headers={"host": ann.host, "sec-fetch-site": "same-origin"}
    )  # fmt: skip
    assert answer.status_code == 400 and DENIAL in text(answer)
