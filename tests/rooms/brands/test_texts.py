"""A policy's text is read once, and nobody's changes reach the next who asks."""

from __future__ import annotations

import pytest

from hostkeep.brands.rules import texts
from hostkeep.policy.canonical import digest_of
from hostkeep.policy.errors import PolicyError
from tests.conftest import ROOT

FILES = {slug: ROOT / folder / slug / "policy.yaml" for folder, slug in (
    ("brands", "photonvps"), ("brands", "vietnam-server"), ("brands", "vpn"), ("brands", "vps6"), ("brands", "vpsfast"),
    ("tests/brands", "everything"),
)}  # fmt: skip


@pytest.mark.parametrize("slug", FILES)
def test_the_content_is_that_which_the_digest_is_taken_of(slug) -> None:
    text = FILES[slug].read_text(encoding="utf-8")

    assert digest_of(texts.content_of(text)) == texts.compiled(text, file=slug).digest


def test_what_one_changes_in_the_content_no_other_sees() -> None:
    text = FILES["vps6"].read_text(encoding="utf-8")

    texts.content_of(text)["clauses"].clear()

    assert texts.content_of(text)["clauses"]


def test_a_text_that_does_not_compile_is_refused_each_time() -> None:
    for _ in range(2):
        with pytest.raises(PolicyError):
            texts.compiled("schema: hostkeep/1\n", file="p")
