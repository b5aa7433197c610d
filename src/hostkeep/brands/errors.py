"""What brands foresee and refuse."""

from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.words import gettext_noop


class NoSuchBrand(Foreseen):
    """No brand bears this name."""

    code = "brands.brand.none"
    title = gettext_noop("There is no such brand.")
    status = 404


class BadProfile(Foreseen):
    """A brand.toml lacks something or says it wrongly."""

    code = "brands.profile.bad"
    title = gettext_noop("The brand's profile cannot be used: {why}")
    status = 422


class HostTaken(Foreseen):
    """A host name belongs to another brand."""

    code = "brands.host.taken"
    title = gettext_noop("This host name belongs to another brand already.")


class NoticeTooShort(Foreseen):
    """The version in force asks for a longer notice."""

    code = "brands.policy.notice_too_short"
    title = gettext_noop("The policy in force asks for {days} days of notice; this one cannot apply sooner.")
    status = 422
