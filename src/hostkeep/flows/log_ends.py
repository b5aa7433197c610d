"""The log files of our processes, as a store: the policies of the brands say how long a line may stand.

Every brand's lines stand in the same files, so the shortest term of all holds, and never more than LONGEST.
A file that goes on is set aside when its first line is half that term old, and what was set aside goes when
its own first line is a whole term old.  What should have been set aside and was not is emptied then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from hostkeep.brands.errors import NoSuchBrand
from hostkeep.brands.queries import all_brands, policy_in_force
from hostkeep.kernel.act import Act
from hostkeep.runtime import clock, log_keeping
from hostkeep.runtime.kept import LOG_DAYS
from hostkeep.runtime.log_files import process_logs
from hostkeep.runtime.stores import Person, Store

TRAFFIC = "traffic"
LONGEST = timedelta(days=LOG_DAYS)


def term(at: datetime) -> timedelta:
    """Return how long a line may stand: the shortest term that a policy in force has for traffic."""
    found = [LONGEST]
    for row in all_brands():
        try:
            rule = policy_in_force(row.id, at).retention.get(TRAFFIC)
        except NoSuchBrand:  # no version in force yet
            continue
        if rule is not None:
            found.append(rule.plus + rule.hold)
    return min(found)


def count_due(at: datetime) -> int:
    """Count files whose first line is older than it may be."""
    now, most = clock.of_machine(at), term(at)
    return sum(_is_over(path, most, now) for path in process_logs())


def end_due(act: Act, most: int) -> int:
    """Remove, empty or set aside what is due for it; return how many files were.

    A file that we may not touch stops no other; it is told at the end.  Raises OSError.
    """
    now, longest = clock.of_machine(act.at), term(act.at)
    done, refused = 0, None
    for path in process_logs():
        if done >= most:
            break
        try:
            done += _end(path, longest, now)
        except OSError as error:
            refused = error
    if refused is not None:
        raise refused
    return done


def blank(act: Act, person: Person) -> int:
    """Write blanks over the lines that name somebody; return how many.

    A file that we may not touch stays as it is: it is due, and proves nothing.
    """
    del act
    return _of_each(person, log_keeping.blank_lines, unread=0)


def count_left(person: Person) -> int:
    """Count the lines that name somebody; a file that we may not read counts as one."""
    return _of_each(person, log_keeping.count_lines, unread=1)


def _end(path: Path, longest: timedelta, now: datetime) -> int:
    """End one file, or set it aside, where it is time."""
    if _is_over(path, longest, now):
        log_keeping.end(path)
        return 1
    if log_keeping.is_aside(path):
        return 0
    if log_keeping.older(path, longest / 2, now) or log_keeping.tells_no_time(path):
        log_keeping.set_aside(path, now)
        return 1
    return 0


def _is_over(path: Path, longest: timedelta, now: datetime) -> bool:
    """Say whether a file has what is older than it may be.

    A copy whose lines tell no time is older inside than it says: half the term is for what came before.
    """
    aside = log_keeping.is_aside(path)
    return log_keeping.older(path, longest / 2 if aside and log_keeping.tells_no_time(path) else longest, now)


def _of_each(
    person: Person, work: Callable[[Path, frozenset[str], tuple[str, ...]], int], *, unread: int
) -> int:
    """Do something with every file about a person; return the sum.  unread: what one counts that is shut."""
    handles, found = frozenset(_handles(person)), 0
    if not handles and not person.words:
        return 0
    seen: set[Path] = set()
    # A file may be set aside meanwhile, and its lines stand in a copy that was not there before.
    while fresh := [path for path in process_logs() if path not in seen]:
        seen.update(fresh)
        for path in fresh:
            try:
                found += work(path, handles, person.words)
            except FileNotFoundError:
                continue
            except log_keeping.TORN:
                found += unread
    return found


def _handles(person: Person) -> Iterator[str]:
    """Give every handle as text."""
    yield from (str(each) for each in (*person.subjects, *person.accounts, *person.users))


STORES: tuple[Store, ...] = (
    Store(
        name="logs.processes",
        keep_class=TRAFFIC,
        what=(
            "What our processes print, by handles and words of ours alone; a line stands as long as the"
            " shortest policy keeps traffic and never more than 7 days, and lines about an erased person are"
            " made blank."
        ),
        places=("*.log", "logs/", "HOSTKEEP_LOGS"),
        list_due=count_due,
        erase=end_due,
        forget=blank,
        prove_absent=count_left,
    ),
)
