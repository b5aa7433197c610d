"""What provisioning foresees and refuses."""

from __future__ import annotations

from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.words import gettext_noop


class NoSuchStep(Foreseen):
    """The service cannot take that step from where it stands.  facts: state, step."""

    code = "provisioning.service.no_such_step"
    title = gettext_noop("This service cannot do that now.")


class NoSuchService(Foreseen):
    """No such service, or not one that the asker may know of."""

    code = "provisioning.service.none"
    title = gettext_noop("There is no such service.")
    status = 404


class OpenedDifferently(Foreseen):
    """The key has opened another service before; facts["service"] is its id."""

    code = "provisioning.service.opened_differently"
    title = gettext_noop("A service was opened from this before, with other content.")


class NoSuchAction(Foreseen):
    """No such piece of work."""

    code = "provisioning.action.none"
    title = gettext_noop("There is no such piece of work.")
    status = 404


class AskedDifferently(Foreseen):
    """The key has asked for other work before; facts["action"] is its id."""

    code = "provisioning.action.asked_differently"
    title = gettext_noop("Something else was asked with this before.")


class StillBusy(Foreseen):
    """Other work on the service is not finished; facts["action"] is its id."""

    code = "provisioning.service.busy"
    title = gettext_noop("Something else is being done with this service. Try again when it is finished.")


class NotDue(Foreseen):
    """The work is finished, not due yet, or in somebody else's hands.  Nobody needs to do anything."""

    code = "provisioning.action.not_due"
    title = gettext_noop("This is done, or being done.")


class NotParked(Foreseen):
    """Only work that was given up can be tried again by hand."""

    code = "provisioning.action.not_parked"
    title = gettext_noop("This is still being tried. There is nothing to repeat.")


class NoSuchTask(Foreseen):
    """No such task."""

    code = "provisioning.task.none"
    title = gettext_noop("There is no such task.")
    status = 404


class TaskClosed(Foreseen):
    """Somebody was faster."""

    code = "provisioning.task.closed"
    title = gettext_noop("This task is closed already.")


class BadAccessData(Foreseen):
    """What staff typed cannot be right.  facts["field"]: "address", "login" or "secret"."""

    code = "provisioning.task.bad_access_data"
    title = gettext_noop("This cannot be right. Look at the fields that are marked.")
    status = 422


class AddressTaken(Foreseen):
    """A driver gave an address that another service holds; facts["service"] is that service."""

    code = "provisioning.address.taken"
    title = gettext_noop("Another service holds this address.")


class NoSuchSecret(Foreseen):
    """The service has no such access data, or they were shown before and may be shown only once."""

    code = "provisioning.secret.none"
    title = gettext_noop("There are no such access data. Shown once, they are gone.")
    status = 404


class NoSuchDriver(Foreseen):
    """No driver of that name is installed and set up here.  facts: driver."""

    code = "provisioning.driver.none"
    title = gettext_noop("What should run this service is not set up here.")
