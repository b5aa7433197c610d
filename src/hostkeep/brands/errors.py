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


class DayIsPast(Foreseen):
    """A version shall apply from a day that is over."""

    code = "brands.policy.day_is_past"
    title = gettext_noop("A version cannot apply from a day that is past.")
    status = 422


class DayTooFar(Foreseen):
    """A version shall apply from a day that nobody can plan for; a slip of the pen would stand for ever."""

    code = "brands.policy.day_too_far"
    title = gettext_noop("A version can be announced at most {days} days ahead.")
    status = 422


class NoSuchVersion(Foreseen):
    """No version of this policy bears this number or handle."""

    code = "brands.policy.no_version"
    title = gettext_noop("There is no such version of the policy.")
    status = 404


class OnlyStaffSign(Foreseen):
    """A signature needs a person of the staff who answers for policies."""

    code = "brands.policy.only_staff_sign"
    title = gettext_noop("Only a signed-in owner or privacy officer can sign that only spelling changed.")
    status = 403


class NotOnlySpelling(Foreseen):
    """A rule changed, and not only words."""

    code = "brands.policy.not_only_spelling"
    title = gettext_noop("More than spelling changed: {what}.")
    status = 422


class OtherBrand(Foreseen):
    """The policy names another brand than the one it is announced for."""

    code = "brands.policy.other_brand"
    title = gettext_noop("This policy is written for the brand {named}.")
    status = 422


class CannotReject(Foreseen):
    """The policy in force offers no way to reject a change, or the change applies already."""

    code = "brands.policy.cannot_reject"
    title = gettext_noop("This change can no longer be rejected here.")


class NoSuchNotice(Foreseen):
    """No notice of a change bears this handle."""

    code = "brands.policy.no_notice"
    title = gettext_noop("There is no such notice.")
    status = 404


class RulesRejected(Foreseen):
    """A customer said no to the rules in force, so nothing new can be sold to them under these."""

    code = "brands.policy.rules_rejected"
    title = gettext_noop("You said no to the rules in force. To order, accept them in your account first.")
