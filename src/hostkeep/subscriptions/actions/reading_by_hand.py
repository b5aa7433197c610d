"""Readings that staff enter, for a meter that nothing reads or that was not read for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from hostkeep.audit.recorded import recorded
from hostkeep.kernel.act import Act
from hostkeep.kernel.period import Period
from hostkeep.subscriptions.actions.limiting import Taken
from hostkeep.subscriptions.actions.metering import OLDEST, Told, take_readings
from hostkeep.subscriptions.errors import BadReading
from hostkeep.subscriptions.rules.metering import BY_HAND, REASONS_BY_HAND


@dataclass(frozen=True, slots=True)
class ByHand:
    """A reading as a person enters it.

    quantity  in the meter's smallest unit, more than nothing
    why       a word of REASONS_BY_HAND; it stays with the reading, as the head of its key
    once      idempotency key
    """

    quantity: int
    period: Period
    why: str
    once: UUID


@recorded("subscriptions.reading.written")
def write_reading(act: Act, *, metered: UUID, entered: ByHand, oldest: timedelta = OLDEST) -> Taken:
    """Count a reading that a person entered, once.  oldest: as take_readings has it.

    Raises BadReading ("why" for a reason that is none), NoSuchMeter, ReadDifferently.
    """
    if entered.why not in REASONS_BY_HAND:
        raise BadReading(why="why")
    key = f"{BY_HAND}{entered.why}:{entered.once.hex}"
    take_readings(act, told=[Told(metered, key, entered.quantity, entered.period)], oldest=oldest)
    return Taken(metered)
