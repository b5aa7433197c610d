"""Events: written in the transaction that made them true, delivered after it by a job."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any
from uuid import UUID, uuid4

from hostkeep.kernel.act import Act
from hostkeep.runtime.bulk import copy_in
from hostkeep.runtime.models import Delivery, Event

Handler = Callable[[Act, Any], None]
Handlers = Mapping[type, tuple[Handler, ...]]

_kinds: dict[str, type] = {}
_handlers: dict[str, dict[str, Handler]] = {}
_defer: list[Callable[[str, int], None]] = []
_defer_many: list[Callable[[Sequence[str]], None]] = []


def listen(handlers: Handlers) -> None:
    """Make handlers known.  Called once for each table at start, by the composition root."""
    for kind, listeners in handlers.items():
        _kinds[kind.__qualname__] = kind
        for handler in listeners:
            _handlers.setdefault(kind.__qualname__, {})[name_of(handler)] = handler


def carry_with(
    defer: Callable[[str, int], None], defer_many: Callable[[Sequence[str]], None] | None = None
) -> None:
    """Say how a delivery becomes a job: defer(delivery id, seconds from now), in the running transaction.

    defer_many  the same for many at once, now; without it each is carried alone
    """
    _defer[:] = [defer]
    _defer_many[:] = [] if defer_many is None else [defer_many]


def name_of(handler: Handler) -> str:
    """Return the name under which a handler is stored: its module and its own name."""
    return f"{handler.__module__.removeprefix('hostkeep.')}.{handler.__qualname__}"


def publish(act: Act, event: Any, *, after: int = 0) -> None:
    """Store an event (a frozen dataclass of ids) and one job for each of its handlers, with the deed.

    after  seconds until its handlers run
    """
    kind = type(event).__qualname__
    body = {k: str(v) for k, v in asdict(event).items()}
    row = Event.objects.create(kind=kind, body=body, brand=act.brand, trace=act.trace, at=act.at)
    handlers = _handlers.get(kind, {})
    made = Delivery.objects.bulk_create([Delivery(event=row, handler=name) for name in handlers])
    if after:
        for delivery in made:
            defer_delivery(delivery.id, after)
    else:
        _carry([str(delivery.id) for delivery in made])


def publish_many(act: Act, events: Sequence[Any]) -> None:
    """Store many events of act.brand, as publish does each: some statements however many there are."""
    made = [(uuid4(), type(event).__qualname__, event) for event in events]
    deliveries = [(uuid4(), row, name) for row, kind, _ in made for name in _handlers.get(kind, {})]
    copy_in(COPY_EVENTS, [
        (row, kind, json.dumps(_body(event)), act.brand, act.trace, act.at) for row, kind, event in made
    ])  # fmt: skip
    copy_in(COPY_DELIVERIES, [(one, row, name, Delivery.WAITING, 0, "") for one, row, name in deliveries])
    _carry([str(delivery) for delivery, _, _ in deliveries])


def _carry(deliveries: Sequence[str]) -> None:
    """Make the jobs of deliveries, now: in one statement where the house has one for many."""
    for carry in _defer_many if deliveries else ():
        carry(deliveries)
    for delivery in () if _defer_many else deliveries:
        defer_delivery(UUID(delivery), 0)


def _body(event: Any) -> dict[str, str]:
    """Return an event's ids as texts."""
    return {f.name: str(getattr(event, f.name)) for f in fields(event)}


COPY_EVENTS = "COPY runtime_event (id, kind, body, brand, trace, at) FROM STDIN"
COPY_DELIVERIES = "COPY runtime_delivery (id, event_id, handler, state, attempts, last_code) FROM STDIN"


def defer_delivery(delivery: UUID, seconds: int) -> None:
    """Make the job that carries a delivery, so many seconds from now."""
    for defer in _defer:
        defer(str(delivery), seconds)


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
