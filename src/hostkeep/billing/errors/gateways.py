"""What billing foresees and refuses of gateways and stored ways to pay."""

from __future__ import annotations

from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.words import gettext_noop


class GatewayNotOffered(Foreseen):
    """The gateway is not installed, not set up, or not one that this brand and its policy name.

    facts: gateway; clause, where the policy is what says no.
    """

    code = "billing.gateway.not_offered"
    title = gettext_noop("This way to pay is not offered here.")
    status = 422


class GatewayCannot(Foreseen):
    """The gateway has no such duty: it gives no money back, or keeps no methods."""

    code = "billing.gateway.cannot"
    title = gettext_noop("This way to pay cannot do that by itself.")
    status = 422


class MethodsNotKept(Foreseen):
    """The policy lets nobody keep a way to pay here.  facts: clause."""

    code = "billing.method.not_kept"
    title = gettext_noop("Ways to pay are not kept here.")
    status = 422


class TooManyMethods(Foreseen):
    """An account keeps as many ways to pay as it may, facts["most"]."""

    code = "billing.method.too_many"
    title = gettext_noop("You keep {most} ways to pay, and more are not kept. Remove one first.")


class NoSuchMethod(Foreseen):
    """No such stored method, or not one that this account may know of or that can be charged."""

    code = "billing.method.none"
    title = gettext_noop("There is no such way to pay.")
    status = 404
