"""Whatever was let out of the vault for an answer keeps that answer out of every store on its way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import FileResponse, HttpRequest, HttpResponse
from django.test import RequestFactory

from hostkeep.faces.ui.headers import SafeHeaders
from hostkeep.kernel.ids import CategoryId, SubjectId
from hostkeep.vault import door
from tests.conftest import make_act
from tests.meeting import PATIENCE

NAME = CategoryId("name")


@pytest.fixture
def ann(db: None) -> SubjectId:
    subject = SubjectId(uuid4())
    door.put(make_act("visitor", "account"), subject=subject, category=NAME, value="Ann Canary")
    return subject


def asked(view: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
    """A visitor without a cookie asks: nothing but what was revealed makes the answer personal."""
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    return SafeHeaders(view)(request)


def reads(subject: SubjectId) -> str | None:
    return door.use(make_act("system", "account"), subject=subject, category=NAME, fn=str)


def test_an_answer_with_a_value_in_it_is_stored_nowhere(ann: SubjectId) -> None:
    answer = asked(lambda _: HttpResponse(reads(ann)))

    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("told", ["max-age=60", "public, max-age=31536000, immutable", "private"])
def test_whatever_the_view_said_itself(ann: SubjectId, told: str) -> None:
    answer = asked(lambda _: HttpResponse(reads(ann), headers={"Cache-Control": told}))

    assert answer.headers["Cache-Control"] == "no-store"


def test_a_file_and_a_failure_are_answers_too(ann: SubjectId) -> None:
    assert asked(lambda _: FileResponse([str(reads(ann)).encode()])).headers["Cache-Control"] == "no-store"
    assert asked(lambda _: HttpResponse(reads(ann), status=500)).headers["Cache-Control"] == "no-store"


def test_an_answer_without_one_may_be_stored(ann: SubjectId) -> None:
    reads(ann)

    answer = asked(lambda _: HttpResponse("Hello", headers={"Cache-Control": "max-age=60"}))

    assert answer.headers["Cache-Control"] == "max-age=60"


def test_a_refusal_reveals_nothing(ann: SubjectId) -> None:
    def view(_: HttpRequest) -> HttpResponse:
        with pytest.raises(door.Refused):
            door.reveal(make_act("support", "offers"), subject=ann, category=NAME)
        return HttpResponse("no")

    assert "Cache-Control" not in asked(view).headers


def test_what_another_thread_is_shown_does_not_count(ann: SubjectId) -> None:
    seen = []

    def elsewhere() -> None:
        seen.append(door.reveals_of_thread())

    reads(ann)
    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join(PATIENCE)

    assert seen == [0]
    assert door.reveals_of_thread() > 0
