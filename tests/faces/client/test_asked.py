"""What only looks is held to it by the database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.http import HttpResponse
from django.test import RequestFactory

from hostkeep.faces.client.asked import shown_when_asked
from hostkeep.runtime.models import Clock
from hostkeep.runtime.transactions import nothing_written


def test_inside_nothing_is_written_and_afterwards_again(db) -> None:
    with pytest.raises(DatabaseError, match="read-only transaction"), nothing_written():
        Clock.objects.update_or_create(id=1, defaults={"ahead": timedelta(0)})
    Clock.objects.update_or_create(id=1, defaults={"ahead": timedelta(0)})
    with nothing_written():
        assert Clock.objects.count() == 1
    Clock.objects.update_or_create(id=1, defaults={"ahead": timedelta(1)})


def test_a_page_that_shows_more_for_a_post_cannot_write(db) -> None:
    @shown_when_asked
    def page(request):
        if request.method == "POST":
            Clock.objects.update_or_create(id=1, defaults={"ahead": timedelta(0)})
        return HttpResponse()

    ask = RequestFactory()
    assert page(ask.get("/")).status_code == 200
    assert page(ask.put("/")).status_code == 405
    with pytest.raises(DatabaseError, match="read-only transaction"):
        page(ask.post("/"))
