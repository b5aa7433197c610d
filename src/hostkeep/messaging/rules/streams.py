"""Who gets messages of which kind."""

from __future__ import annotations

from collections.abc import Mapping

from hostkeep.kernel.ids import ClauseId
from hostkeep.messaging.errors import NoSuchStream
from hostkeep.policy.book import Policy, Stream


def declared(policy: Policy, stream: str) -> Stream:
    """Return a stream of the policy.  Raises NoSuchStream, naming the clause on messages."""
    found = policy.streams.get(stream)
    if found is None:
        raise NoSuchStream(stream=stream, clause=policy.closed_by.get("communicate", ClauseId("")))
    return found


def wanted(stream: Stream, choices: Mapping[str, bool]) -> bool:
    """Say whether a person gets messages of a stream.  choices: their last word on each, by stream id."""
    if stream.default == "always":
        return True
    return choices.get(stream.id, stream.default == "on")
