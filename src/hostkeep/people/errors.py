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


class NotClosing(Foreseen):
    """The account is not being closed."""

    code = "people.account.not_closing"
    title = gettext_noop("This account is not being closed.")
    status = 409


class NoSuchReason(Foreseen):
    """A closing by the company without one of the reasons there are, or a customer's with one."""

    code = "people.account.no_reason"
    title = gettext_noop("Say why the account is closed.")
    status = 422


class OnceUsed(Foreseen):
    """The key has closed another account before."""

    code = "people.account.once_used"
    title = gettext_noop("Something else was closed with this key before.")
    status = 409


class AccountNotOpen(Foreseen):
    """The account is closed, or being closed.  state: which."""

    code = "people.account.not_open"
    title = gettext_noop("This account is closed. It can order and change nothing any more.")
    status = 409


class LinkOver(Foreseen):
    """A link that never was, was used up, or is past its end."""

    code = "people.link.over"
    title = gettext_noop("This link does not work any more.")
    status = 404


class AddressSame(Foreseen):
    """The new login address is the old one."""

    code = "people.address.same"
    title = gettext_noop("This is your address already.")
    status = 422


class NoSuchDispute(Foreseen):
    """No such dispute, or one whose time is over."""

    code = "people.dispute.none"
    title = gettext_noop("There is no such message.")
    status = 404


class NoDisputes(Foreseen):
    """The policy has no purpose for a dispute, or nothing to keep its words as."""

    code = "people.dispute.not_declared"
    title = gettext_noop("Our privacy policy does not let us keep this.")
    status = 422
