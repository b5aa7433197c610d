"""Events: written in the transaction that made them true, delivered after it by a job.

One job carries an event to all of its handlers; of many events that come at once it carries some.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from hostkeep.kernel.act import Act
from hostkeep.runtime import brand as running_brand
from hostkeep.runtime.bulk import copy_in
from hostkeep.runtime.deeds import Statement, leave, run
from hostkeep.runtime.models import Delivery

Handler = Callable[[Act, Any], None]
Handlers = Mapping[type, tuple[Handler, ...]]

_kinds: dict[str, type] = {}
_handlers: dict[str, dict[str, Handler]] = {}
_carry: list[Callable[[Sequence[Sequence[str]], int], Statement]] = []

A_JOB = 10
"""Of so many events that come at once, one job carries all deliveries; few, so that workers share them."""


SEEN_FOR = 1.0
"""Seconds for which it is believed how deliveries stand; a job may be given to another worker at any time."""


def listen(handlers: Handlers) -> None:
    """Make handlers known.  Called once for each table at start, by the composition root."""
    for kind, listeners in handlers.items():
        _kinds[kind.__qualname__] = kind
        for handler in listeners:
            _handlers.setdefault(kind.__qualname__, {})[name_of(handler)] = handler


def carry_with(carry: Callable[[Sequence[Sequence[str]], int], Statement]) -> None:
    """Say how deliveries become jobs: carry(their ids by job, seconds from now) is what makes them."""
    _carry[:] = [carry]


def name_of(handler: Handler) -> str:
    """Return the name under which a handler is stored: its module and its own name."""
    return f"{handler.__module__.removeprefix('hostkeep.')}.{handler.__qualname__}"


def publish(act: Act, event: Any, *, after: int = 0) -> None:
    """Store an event (a frozen dataclass of ids), a delivery for each of its handlers and their job.

    Inside a deed they are written at its end.
    after  seconds until its handlers run
    """
    kind = type(event).__qualname__
    row = (uuid4(), kind, json.dumps(_body(event)), act.brand, act.trace, act.at)
    deliveries = [(uuid4(), row[0], name) for name in _handlers.get(kind, {})]
    leave(_stored, _Published(row, deliveries, after))


@dataclass(frozen=True, slots=True)
class _Published:
    """An event with its deliveries, as rows.  after: seconds until they are carried."""

    row: tuple[Any, ...]
    deliveries: Sequence[tuple[UUID, UUID, str]]
    after: int


def _stored(published: Sequence[_Published]) -> Statement:
    """Say how events are stored, with their deliveries and the jobs that carry these."""
    events = [each.row for each in published]
    deliveries = [(*row, Delivery.WAITING, 0, "") for each in published for row in each.deliveries]
    statements = [_inserted(EVENTS, events), *([_inserted(DELIVERIES, deliveries)] if deliveries else [])]
    waits: dict[int, list[list[str]]] = {}
    for each in published:
        if each.deliveries:
            waits.setdefault(each.after, []).append([str(row[0]) for row in each.deliveries])
    statements += [carry(some, after) for carry in _carry for after, some in waits.items()]
    return "; ".join(text for text, _ in statements), [x for _, each in statements for x in each]


def _inserted(into: str, rows: Sequence[Sequence[Any]]) -> Statement:
    """Say how rows are inserted."""
    places = f"({', '.join(['%s'] * len(rows[0]))})"
    return f"{into} VALUES {', '.join([places] * len(rows))}", [value for row in rows for value in row]


def hand_over(act: Act, event: Any) -> None:
    """Hand an event to each of its handlers here and now, in the running transaction; nothing is stored.

    For what must be true before the house opens, where no worker comes.  What a handler raises is raised.
    """
    with running_brand.during(act.brand):
        for handler in _handlers.get(type(event).__qualname__, {}).values():
            handler(act, event)


def publish_many(act: Act, events: Sequence[Any]) -> None:
    """Store many events of act.brand, as publish does each: some statements however many there are."""
    made = [(uuid4(), type(event).__qualname__, event) for event in events]
    to_each = [[(uuid4(), row, name) for name in _handlers.get(kind, {})] for row, kind, _ in made]
    copy_in(COPY_EVENTS, [
        (row, kind, json.dumps(_body(event)), act.brand, act.trace, act.at) for row, kind, event in made
    ])  # fmt: skip
    copy_in(COPY_DELIVERIES, [
        (*delivery, Delivery.WAITING, 0, "") for deliveries in to_each for delivery in deliveries
    ])  # fmt: skip
    some = [to_each[n : n + A_JOB] for n in range(0, len(to_each), A_JOB)]
    by_job = [[str(delivery[0]) for deliveries in each for delivery in deliveries] for each in some]
    if any(by_job):
        run([carry([each for each in by_job if each], 0) for carry in _carry])


def _body(event: Any) -> dict[str, str]:
    """Return an event's ids as texts."""
    return {f.name: str(getattr(event, f.name)) for f in fields(event)}


EVENTS = "INSERT INTO runtime_event (id, kind, body, brand, trace, at)"
DELIVERIES = "INSERT INTO runtime_delivery (id, event_id, handler, state, attempts, last_code)"
COPY_EVENTS = "COPY runtime_event (id, kind, body, brand, trace, at) FROM STDIN"
COPY_DELIVERIES = "COPY runtime_delivery (id, event_id, handler, state, attempts, last_code) FROM STDIN"


def defer_delivery(delivery: UUID, seconds: int) -> None:
    """Make the job that carries a delivery, so many seconds from now."""
    run([carry([[str(delivery)]], seconds) for carry in _carry])


def each_waiting(deliveries: Sequence[str], *, seconds: Callable[[], float]) -> Iterator[Delivery]:
    """Yield those of a job's deliveries that wait, in their order, each to be handed over before the next.

    seconds  reads a clock that only goes forward

    One query, and another wherever SEEN_FOR went by since the last: by then the job may be another worker's
    too (rescue.take_over), and who comes second leaves out what the first has done.
    """
    rows: Mapping[UUID, Delivery] = {}
    read_at = 0.0
    for place, each in enumerate(deliveries):
        if not place or seconds() - read_at >= SEEN_FOR:
            read_at = seconds()
            rows = Delivery.objects.select_related("event").in_bulk(deliveries[place:])
        row = rows.get(UUID(each))
        if row is not None and row.state == Delivery.WAITING:
            yield row


def note_done(delivery: UUID, at: datetime) -> None:
    """Note that a handler has done its part."""
    run([(NOTE_DONE, [Delivery.DONE, at, delivery])])


NOTE_DONE = "UPDATE runtime_delivery SET state = %s, done_at = %s, last_code = '' WHERE id = %s"
"""Written by hand: it comes with every delivery."""


def handler_of(delivery: Delivery) -> Handler | None:
    """Return the function a delivery goes to, or None if the house no longer has it."""
    return _handlers.get(delivery.event.kind, {}).get(delivery.handler)


def event_of(delivery: Delivery) -> Any:
    """Return the event as it was published."""
    kind = _kinds[delivery.event.kind]
    return kind(**{f.name: UUID(delivery.event.body[f.name]) for f in fields(kind)})


def is_under_way(event: Any, handler: Handler) -> bool:
    """Say whether an event was published and a handler has not done its part: it waits, or is parked."""
    open_ones = Delivery.objects.filter(state__in=[Delivery.WAITING, Delivery.PARKED])
    kind = type(event).__qualname__
    found = open_ones.filter(handler=name_of(handler), event__kind=kind, event__body=_body(event))
    return found.exists()
