"""What a control is: a clause, the code that keeps it, and the checks that prove it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction

from hostkeep.brands.queries import BrandRow
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import ClauseId
from hostkeep.policy.book import Policy
from hostkeep.promises.canaries import Canary
from hostkeep.promises.rules.lights import Part, Result
from hostkeep.promises.stranger import Browser, Stranger

MAX_AGE = timedelta(hours=1)
"""How old a proof may be, unless its control says otherwise."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a check acts.

    act       role "system", purpose "account", of the brand
    policy    the one in force
    stranger  how to ask for a page
    """

    act: Act
    brand: BrandRow
    policy: Policy
    canary: Canary
    stranger: Stranger

    def browser(self, host: str = "", **environ: str) -> Browser:
        """Return a fresh browser, at the brand's main host unless another is named."""
        return Browser(self.stranger, host or self.brand.host, environ)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a check saw.  value: counts, names and ids of ours, nothing personal; the page shows it."""

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


@dataclass(frozen=True, slots=True)
class Control:
    """How one clause is kept, and shown to be.

    symbol   dotted name of the code that keeps it; a test imports it
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

    def checks(self) -> Iterator[tuple[Part, Check]]:
        """Go through all checks with the part each belongs to."""
        for check in self.state:
            yield "state", check
        for check in self.sample:
            yield "sample", check
        for check in self.probe:
            yield "probe", check


def verdict(good: object, value: str) -> Seen:
    """Return what was seen: passed if good."""
    return Seen("passed" if good else "failed", value)


@contextmanager
def rehearsed() -> Iterator[None]:
    """Do what is inside for real, on the real tables, and undo it at the end.

    So a probe can sign up, log in and post without filling the house with what it made.  What the audit
    enters on its own connection stays.  Raises whatever is raised inside.
    """
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
