"""What a control is: a clause, the code that keeps it, and the checks that prove it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ParamSpec, TypeVar, cast

from django.db import transaction

from hostkeep.brands.queries import BrandRow, forget
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import ClauseId
from hostkeep.policy.book import Policy
from hostkeep.promises.canaries import Canary
from hostkeep.promises.rules.lights import Part, Result
from hostkeep.promises.stranger import Browser, Stranger

MAX_AGE = timedelta(hours=1)
"""How old a proof may be, unless its control says otherwise."""

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a check acts.

    act       role "system", purpose "account", of the brand
    policy    the one in force
    stranger  how to ask for a page
    known     what was already looked at in this round: several clauses may ask the same question
    """

    act: Act
    brand: BrandRow
    policy: Policy
    canary: Canary
    stranger: Stranger
    known: dict[object, object] = field(default_factory=dict, compare=False, repr=False)

    def browser(self, host: str = "", **environ: str) -> Browser:
        """Return a fresh browser, at the brand's main host unless another is named."""
        return Browser(self.stranger, host or self.brand.host, environ)

    def once(self, what: object, look: Callable[[], T]) -> T:
        """Return what a look found the first time it was made in this round.

        what  names the question: a check, or a word with its particulars
        Not for what a rehearsal undoes.
        """
        if what not in self.known:
            self.known[what] = look()
        return cast("T", self.known[what])


@dataclass(frozen=True, slots=True)
class Seen:
    """What a check saw.

    value  counts, names and ids of ours, nothing personal; the page shows it.  Where the result is "absent"
           it names what this machine lacks: "LXD", "TLS"
    """

    result: Result
    value: str


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look at or to try.

    what  a plain sentence marked with gettext_noop; it also names the check's series in the table, so a check
          with other words is another check
    look  does it; what it wrote it undoes
    """

    what: str
    look: Callable[[Scene], Seen]


def same_check(make: Callable[P, Check]) -> Callable[P, Check]:
    """Let a maker of checks answer the same wish with the same check, so that a round makes it once."""
    return cast("Callable[P, Check]", functools.cache(make))


@dataclass(frozen=True, slots=True)
class Control:
    """How one clause is kept, and shown to be.

    symbol   dotted name of the code that keeps it, a test imports it; empty where nothing but what the policy
             hangs there stands watch (standing.py)
    state    how things stand: assertions over policy, tables and code
    sample   a good example: what the clause permits works
    probe    the forbidden thing, tried; it passes when it is refused and leaves nothing
    max_age  how old a proof may be
    """

    clause: ClauseId
    symbol: str
    state: tuple[Check, ...]
    sample: tuple[Check, ...]
    probe: tuple[Check, ...]
    max_age: timedelta = MAX_AGE

    @property
    def is_built(self) -> bool:
        """Whether the clause has a control of its own, which alone can prove it."""
        return bool(self.symbol)

    def checks(self) -> Iterator[tuple[Part, Check]]:
        """Go through all checks with the part each belongs to."""
        for check in self.state:
            yield "state", check
        for check in self.sample:
            yield "sample", check
        for check in self.probe:
            yield "probe", check


def lacks(what: str) -> Seen:
    """Return that this machine lacks something a check needs.  what: its name, as an operator knows it."""
    return Seen("absent", what)


def verdict(good: object, value: str) -> Seen:
    """Return what was seen: passed if good."""
    return Seen("passed" if good else "failed", value)


@contextmanager
def rehearsed() -> Iterator[None]:
    """Do what is inside for real, on the real tables, and undo it at the end.

    So a probe can sign up, log in and post without filling the house with what it made.  What the audit
    enters on its own connection stays.  Raises whatever is raised inside.
    """
    try:
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
    finally:
        forget()
