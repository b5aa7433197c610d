"""What probes rehearse stays apart: no entry, cache or page of the house takes it for real."""

from __future__ import annotations

from django.test import Client

from hostkeep.audit.models import Entry
from hostkeep.brands import queries
from hostkeep.brands.models import PolicyVersion
from hostkeep.faces.storefront import differences
from hostkeep.faces.ui import still
from hostkeep.kernel.ids import BrandId
from hostkeep.promises import rounds
from hostkeep.runtime import clock
from tests.conftest import make_act


def test_after_a_round_only_probes_entries_name_versions_that_never_were(committed: str) -> None:
    assert rounds.run_for(make_act(brand="", at=clock.now()), BrandId("vps6")) > 0
    stored = set(PolicyVersion.objects.values_list("digest", flat=True))
    strange = Entry.objects.exclude(digest="").exclude(digest__in=stored)
    assert [(row.verb, row.trace) for row in strange if not row.trace.startswith("probe:")] == []
    nameless = Entry.objects.filter(brand="vps6", digest="").values_list("verb", flat=True)
    assert list(nameless) == ["brands.brand.loaded"], "the brand itself came before its first policy"


def test_after_a_round_the_pages_that_visitors_get_tell_nothing_of_what_was_rehearsed(committed: str) -> None:
    rounds.run_for(make_act(brand="", at=clock.now()), BrandId("vps6"))
    assert len(queries.versions_of(BrandId("vps6"))) == 1
    for path in ("/", "/privacy/", "/privacy/history/", "/privacy/policy.json"):
        page = Client().get(path, headers={"host": "vps6.localhost"})
        assert "This sentence was added by a probe." not in page.content.decode()
    for (_, _, _, path, _), drawn in still._pages.items():
        assert b"added by a probe" not in drawn.body or "probe=" in path
    assert differences.news_of(BrandId("vps6"), "en", clock.now()) == ()
