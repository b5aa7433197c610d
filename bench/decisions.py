"""One decision from the compiled table, beside two policy engines that were given the same policy.

The engines run in a virtual environment of their own, in a process that measures itself.  All three answer the
same 10,000 questions first; one answer that differs stops the bench.
"""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.figures import Figure, compared
from bench.house import BRAND, ROOT

PLACE = ROOT / ".bench" / "authorization"
WANTED = ("cedarpy==4.12.2", "pycasbin==2.8.0")
QUESTIONS = 10_000
SEED = 20261126
ROUNDS = 5
TURNS = {"casbin": 2_000, "cedar": 2_000, "cedar-text": 200}
NAMES = {
    "casbin": ("decisions a second, to pycasbin's FastEnforcer", ">= 10"),
    "cedar": ("decisions a second, to cedarpy with its policy parsed before", ">= 150"),
    "cedar-text": ("decisions a second, to cedarpy given its policy as text", ">= 150"),
}


def figures() -> Iterator[Figure]:
    from hostkeep.policy.compile import compile_policy

    source = (ROOT / "brands" / BRAND / "policy.yaml").read_text(encoding="utf-8")
    policy = compile_policy(source, file="policy.yaml")
    questions = list(_questions(policy, random.Random(SEED)))
    with subprocess.Popen(
        [str(_python()), str(Path(__file__).parent / "peers" / "authorization.py")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as peers:  # fmt: skip
        try:
            _tell(peers, json.dumps(_translated(policy, questions)))
            _compare(policy, questions, peers)
            yield from _measure(policy, questions, peers)
        finally:
            peers.stdin.close()


def _questions(policy: Any, dice: random.Random) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    """Half of the questions name a cell of the table, the others anything; what is brought is chosen by lot."""
    from hostkeep.policy.language import NEEDS
    from hostkeep.policy.vocabulary.terms import terms

    cells = sorted(policy.table)
    categories, purposes, roles = (sorted(terms(kind)) for kind in ("category", "purpose", "role"))
    for _ in range(QUESTIONS):
        if dice.random() < 0.5:
            category, purpose, role = dice.choice(cells)
        else:
            category, purpose, role = dice.choice(categories), dice.choice(purposes), dice.choice(roles)
        yield category, purpose, role, tuple(need for need in NEEDS if dice.random() < 0.4)


def _translated(policy: Any, questions: list[Any]) -> dict[str, Any]:
    """The policy as the peers take it: cells for one, the fewest exact grants for the other."""
    from hostkeep.policy.export.rules import grants_of

    return {
        "cells": [[*key, sorted(cell.needs)] for key, cell in policy.table.items()],
        "grants": [
            {
                "needs": sorted(grant.needs),
                "categories": sorted(grant.categories),
                "purposes": sorted(grant.purposes),
                "roles": sorted(grant.roles),
            }
            for grant in grants_of(policy)
        ],
        "questions": questions,
    }


def _compare(policy: Any, questions: list[Any], peers: subprocess.Popen[str]) -> None:
    """Stop where one of the peers answers one question differently."""
    from hostkeep.policy.decide import decide

    ours = [decide(policy, ask).allowed for ask in _asks(questions)]
    assert 0.1 < sum(ours) / len(ours) < 0.9, "the questions say nothing"
    for peer in TURNS:
        theirs = _tell(peers, f"answers {peer}")
        for question, our, their in zip(questions, ours, theirs, strict=True):
            assert our == their, f"{peer} answers {their} to {question}, the table {our}"
    print(f"{len(ours)} questions, {sum(ours)} allowed: every answer the same", file=sys.stderr)


def _measure(policy: Any, questions: list[Any], peers: subprocess.Popen[str]) -> Iterator[Figure]:
    """Take turns, so that the machine's moods hit all."""
    ours: list[float] = []
    whole: list[float] = []
    theirs: dict[str, list[float]] = {peer: [] for peer in TURNS}
    _ours(policy, questions)
    for _ in range(ROUNDS):
        ours.append(_ours(policy, questions))
        for peer, turns in TURNS.items():
            theirs[peer].append(_tell(peers, f"time {peer} {turns}") / turns)
        whole.append(_ours_with_asking(policy, questions))
    span = statistics.median(ours)
    yield Figure("a decision from the compiled table, us", span * 1e6, None, "<= 4")
    yield Figure("the same, the making of the question included, us", statistics.median(whole) * 1e6, None, "<= 4")
    for peer, (name, goal) in NAMES.items():
        yield compared(name, tuple((1 / us, 1 / them) for us, them in zip(ours, theirs[peer], strict=True)), goal)


def _ours(policy: Any, questions: list[Any]) -> float:
    """Seconds a question that is already put in the form of the engine, as the peers' are."""
    from hostkeep.policy.decide import decide

    asks = list(_asks(questions))
    began = time.perf_counter()
    for ask in asks:
        decide(policy, ask)
    return (time.perf_counter() - began) / len(asks)


def _ours_with_asking(policy: Any, questions: list[Any]) -> float:
    """Seconds a question, the making of the question included."""
    from hostkeep.policy.decide import Ask, decide

    brought = [(category, purpose, role, frozenset(has)) for category, purpose, role, has in questions]
    began = time.perf_counter()
    for category, purpose, role, has in brought:
        decide(policy, Ask(category, purpose, role, has))
    return (time.perf_counter() - began) / len(brought)


def _asks(questions: list[Any]) -> Iterator[Any]:
    from hostkeep.policy.decide import Ask

    return (Ask(category, purpose, role, frozenset(has)) for category, purpose, role, has in questions)


def _tell(peers: subprocess.Popen[str], line: str) -> Any:
    """Send a line; return the answer, except to the first, which has none."""
    peers.stdin.write(line + "\n")
    peers.stdin.flush()
    return None if line.startswith("{") else json.loads(peers.stdout.readline())


def _python() -> Path:
    """The Python of the peers' environment, made at the first time."""
    python = PLACE / "bin" / "python"
    if not (PLACE / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(PLACE)], check=True)
        quiet = ["--quiet", "--disable-pip-version-check"]
        subprocess.run([str(python), "-m", "pip", "install", *quiet, *WANTED], check=True)
        (PLACE / "ready").touch()
    return python
