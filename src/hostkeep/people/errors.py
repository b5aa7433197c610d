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
