"""What people foresee and refuse."""

from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.words import gettext_noop


class NoSuchAccount(Foreseen):
    """No such account, or not one that this login may know of."""

    code = "people.account.none"
    title = gettext_noop("There is no such account.")
    status = 404


class NoSuchUser(Foreseen):
    """No such login."""

    code = "people.user.none"
    title = gettext_noop("There is no such login.")
    status = 404


class AddressTooLong(Foreseen):
    """An e-mail address longer than a sealed column holds."""

    code = "people.address.too_long"
    title = gettext_noop("This e-mail address is too long; at most 120 characters fit.")
    status = 422


class NotACanary(Foreseen):
    """A probe's deed on an account that is no canary."""

    code = "people.canary.not_one"
    title = gettext_noop("This may only be done to a canary account.")
    status = 409


class NoSuchKey(Foreseen):
    """No such key of the API, or another login's."""

    code = "people.key.none"
    title = gettext_noop("There is no such key.")
    status = 404


class NotThatScope(Foreseen):
    """A scope that does not exist, or that this role may not give.  scope: which, where it is one of ours."""

    code = "people.key.scope"
    title = gettext_noop("A key of yours cannot have this scope.")
    status = 422


class NoScope(Foreseen):
    """A key that would open nothing."""

    code = "people.key.no_scope"
    title = gettext_noop("Choose at least one thing that the key may do.")
    status = 422


class TooManyKeys(Foreseen):
    """A login with as many keys as it may have."""

    code = "people.key.too_many"
    title = gettext_noop("You have {most} keys, which is the most. End one first.")
    status = 409


class CallStillRunning(Foreseen):
    """The same call is being answered at this moment."""

    code = "api.idempotency.running"
    title = gettext_noop("The first call with this Idempotency-Key is still being answered. Try again soon.")
    status = 409


class CallReused(Foreseen):
    """Another call under an idempotency key that was used."""

    code = "api.idempotency.reused"
    title = gettext_noop("This Idempotency-Key was used for another call.")
    status = 422


class NoSuchLife(Foreseen):
    """A length of life that the form does not offer."""

    code = "people.key.life"
    title = gettext_noop("Choose how long the key shall work.")
    status = 422
