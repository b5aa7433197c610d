"""The program starts: the checks that it builds out of the grammar are those that the guide's files publish.

The grammar is put together once, when its modules are loaded.  Here they are loaded anew, so that what is done
only then is tried as well.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

import hostkeep
from tests.ground.policy.small import EVERYTHING, ROOT, changed, problems, whole
from tests.ground.policy.test_refusals import SENSE, SHAPES

ROOM = "hostkeep.policy"


def ours() -> list[str]:
    return [name for name in sys.modules if name == ROOM or name.startswith(f"{ROOM}.")]


@pytest.fixture
def started() -> Iterator[ModuleType]:
    """The policy's modules as a program that has just started loads them."""
    known = {name: sys.modules.pop(name) for name in ours()}
    try:
        importlib.import_module(f"{ROOM}.compile")
        importlib.import_module(f"{ROOM}.editors")
        yield sys.modules[ROOM]
    finally:
        for name in ours():
            del sys.modules[name]
        sys.modules.update(known)
        hostkeep.policy = known[ROOM]


def test_it_publishes_the_same_grammar(started: ModuleType) -> None:
    published = (ROOT / "docs" / "policy.schema.json").read_text(encoding="utf-8")

    assert started.editors.policy_schema() == json.loads(published)


def test_it_reads_a_policy_as_before(started: ModuleType) -> None:
    policy = started.compile.compile_policy(EVERYTHING, file="policy.yaml")

    assert type(policy) is not type(whole())
    assert repr(policy) == repr(whole())


@pytest.mark.xdist_group("refusals")
def test_it_refuses_in_the_same_words(started: ModuleType) -> None:
    texts = [changed(row[0], row[1]) for row in (*SHAPES, *SENSE)]

    assert len(texts) > 50
    for text in texts:
        found = started.compile.check_policy(text, file="policy.yaml")
        assert repr(found) == repr(problems(text))
