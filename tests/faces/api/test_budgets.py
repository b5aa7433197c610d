"""Lists cost the same few queries however long they are."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.faces.api.conftest import Program

MOST = {"/orders": 7, "/invoices": 6, "/services": 6, "/account": 10, "/keys": 5, "/catalogue": 5, "/policy/versions": 4}
"""Database queries; two for the clock, one for the key and one for its pace are in each."""


def queries(ann: Program, path: str) -> int:
    ann.get(path)
    with CaptureQueriesContext(connection) as seen:
        assert ann.get(path).status_code == 200
    return len(seen)


@pytest.mark.parametrize("path", ["/orders", "/invoices", "/services"])
def test_a_longer_list_costs_no_more(ann: Program, gateway, path: str) -> None:
    ann.puts()
    ann.orders("o-1")
    short = queries(ann, path)
    for number in range(2, 6):
        ann.puts()
        ann.orders(f"o-{number}")
    assert len(ann.get(path).json()["items"]) == 5
    assert queries(ann, path) == short


@pytest.mark.parametrize("path", MOST)
def test_a_call_keeps_to_its_budget(ann: Program, path: str) -> None:
    assert queries(ann, path) <= MOST[path]
