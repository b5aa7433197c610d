"""What billing foresees and refuses of registering documents with a national system."""

from __future__ import annotations

from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.words import gettext_noop


class NotSetDownYet(Foreseen):
    """A note came before the document that it corrects was set down for a national system."""

    code = "billing.registration.not_set_down_yet"
    title = gettext_noop("The document that this one corrects has not been set down yet.")


class NotRefused(Foreseen):
    """A document that the national system did not refuse: it waits, or is registered."""

    code = "billing.registration.not_refused"
    title = gettext_noop("The national system has not refused this document. It is handed in by itself.")
