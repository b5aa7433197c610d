"""What the API itself refuses, before any room is asked."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.words import gettext_noop


class BadCall(Foreseen):
    """A call that cannot be read."""

    code = "api.call.unreadable"
    title = gettext_noop("This call cannot be read: its address or its JSON is broken.")
    status = 400


class KeyInAddress(Foreseen):
    """A key in the query, where logs and histories keep it.  Source: RFC 6750 section 5.3."""

    code = "api.key.in_address"
    title = gettext_noop("Never put a key into an address. Send it in the Authorization header.")
    status = 400


class BadCursor(Foreseen):
    """A cursor that this list did not give."""

    code = "api.cursor.bad"
    title = gettext_noop("This cursor was not made by this list. Begin at the first page.")
    status = 400


class OnceMissing(Foreseen):
    """A call that moves money, without a key that makes it safe to repeat."""

    code = "api.idempotency.missing"
    title = gettext_noop("This call needs an Idempotency-Key header.")
    status = 400


class BadOnce(Foreseen):
    """An Idempotency-Key that is empty, too long or holds odd signs."""

    code = "api.idempotency.bad"
    title = gettext_noop("An Idempotency-Key has 1 to 128 plain letters, digits and signs.")
    status = 400


class NotKept(Foreseen):
    """The same call again, where the first answer held a secret."""

    code = "api.idempotency.not_kept"
    title = gettext_noop(
        "This call was answered before, with a secret that we did not keep and cannot show again."
    )
    status = 409


class KeyMissing(Foreseen):
    """A call without a key."""

    code = "api.key.missing"
    title = gettext_noop("This needs a key: Authorization: Bearer hk_…")
    status = 401


class KeyRefused(Foreseen):
    """A key that opens nothing here: unknown, ended, too old, another brand's; all alike."""

    code = "api.key.refused"
    title = gettext_noop("This key opens nothing here.")
    status = 401


class ScopeMissing(Foreseen):
    """A key without the scope.  scope: which one it lacks."""

    code = "api.scope.missing"
    title = gettext_noop("This key lacks the scope {scope}.")
    status = 403


class NoSuchAddress(Foreseen):
    """An address that leads nowhere."""

    code = "api.address.none"
    title = gettext_noop("There is nothing at this address.")
    status = 404


class OtherVersion(Foreseen):
    """A consent to a version of the policy that is not the one in force."""

    code = "api.consent.other_version"
    title = gettext_noop("This is not the version in force. Show the person the present one first.")
    status = 409


class WrongMethod(Foreseen):
    """A method that the address does not take."""

    code = "api.method.wrong"
    title = gettext_noop("This address does not take this method.")
    status = 405


class TooLarge(Foreseen):
    """A body larger than any call needs.  most: in bytes."""

    code = "api.body.too_large"
    title = gettext_noop("This body is too large. At most {most} bytes.")
    status = 413


class NotJson(Foreseen):
    """A body that does not say that it is JSON."""

    code = "api.body.not_json"
    title = gettext_noop("Send JSON, with Content-Type: application/json.")
    status = 415


class BadFields(Foreseen):
    """Values that do not fit.  The member `errors` says where."""

    code = "api.fields.bad"
    title = gettext_noop("Some values do not fit.")
    status = 422


class ChannelClosed(Foreseen):
    """A call that brings information in where the policy does not name programs as a way for it."""

    code = "api.channel.closed"
    title = gettext_noop("Our privacy policy takes no information in through programs.")
    status = 403


class TooFast(Foreseen):
    """A key that called too often in this minute.  wait: seconds until it may again."""

    code = "api.pace.too_fast"
    title = gettext_noop("This key calls too often. Wait {wait} seconds.")
    status = 429


class Broken(Foreseen):
    """A bug of ours."""

    code = "api.broken"
    title = gettext_noop("Something broke on our side. Nothing was half done.")
    status = 500


BY_STATUS: Mapping[int, type[Foreseen]] = MappingProxyType({
    400: BadCall, 404: NoSuchAddress, 405: WrongMethod, 413: TooLarge, 415: NotJson, 500: Broken,
})  # fmt: skip
"""What stands in for an answer of the framework."""
