"""What the linter says, word by word: the sentences people read are a part of the program.

`python -m tests.ground.policy.test_words` writes the file anew; its difference is then read by a person.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from hostkeep.policy.compile import check_policy
from hostkeep.policy.needs import AdapterNeeds
from tests.ground.policy.rule_cases import CASES
from tests.ground.policy.small import EVERYTHING, changed, problems
from tests.ground.policy.test_reading import REFUSED
from tests.ground.policy.test_refusals import SENSE, SHAPES

FILE = Path(__file__).parent / "words.txt"
LONGEST = 2_000


def told() -> list[str]:
    """All sentences the broken policies of the other tests call forth, each once, sorted."""
    found = set()
    for case in CASES:
        found |= _said(case.text(), case.installed)
    for row in (*SHAPES, *SENSE):
        found |= _said(changed(row[0], row[1]))
    for text, _, _ in REFUSED:
        found |= _said(text)
    found |= _said("x: 1\n") | _said("clauses: 3\npolicy: 3\nfacts: []\n")
    found |= _said(
        changed("  never: [card, activity]", "  never: [card, activity, other_financial]", base=EVERYTHING)
    )
    return sorted(line for line in found if len(line) < LONGEST)


def _said(text: str, installed: Sequence[AdapterNeeds] = ()) -> set[str]:
    """The sentences on one policy."""
    found = check_policy(text, file="policy.yaml", installed=installed) if installed else problems(text)
    return {f"{each.rule} | {each.clause} | {each.says} | {each.instead}" for each in found}


@pytest.mark.xdist_group("refusals")
def test_each_sentence_is_the_one_that_was_read_over() -> None:
    assert told() == FILE.read_text(encoding="utf-8").splitlines()


if __name__ == "__main__":
    sys.stdout.write("".join(f"{line}\n" for line in told()))
