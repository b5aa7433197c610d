"""What messaging tells the house."""

from __future__ import annotations

from dataclasses import dataclass

from hostkeep.kernel.ids import MailId


@dataclass(frozen=True, slots=True)
class MailQueued:
    """A mail waits to be handed over."""

    mail: MailId


@dataclass(frozen=True, slots=True)
class MailSettled:
    """A mail of a kind that somebody waits for was taken, refused or given up."""

    mail: MailId
