"""What subscriptions foresee and refuse."""

from __future__ import annotations

from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.words import gettext_noop


class NoSuchSubscription(Foreseen):
    """No such subscription, or not one that the asker may know of."""

    code = "subscriptions.subscription.none"
    title = gettext_noop("There is no such subscription.")
    status = 404


class BadTerm(Foreseen):
    """A term that is none: facts["why"] is "unit", "count", "zone", "align_day" or "trial"."""

    code = "subscriptions.term.bad"
    title = gettext_noop("This is no term that a service can be had for.")
    status = 422


class DateOutOfReach(Foreseen):
    """A date before the year 2000 or after the year 2999, such as 9999-12-31."""

    code = "subscriptions.date.out_of_reach"
    title = gettext_noop("This date is out of reach. Services are counted from the year 2000 to 2999.")
    status = 422


class BadPrice(Foreseen):
    """A price that is none: less than nothing, beyond what the books hold, or of another currency."""

    code = "subscriptions.price.bad"
    title = gettext_noop("This is no price that a service can have.")
    status = 422


class NoSuchMove(Foreseen):
    """The subscription cannot do that from where it stands.  facts: state, move."""

    code = "subscriptions.subscription.no_such_move"
    title = gettext_noop("This cannot be done with the subscription as it stands now.")


class ChangeWaits(Foreseen):
    """Another change waits; facts["change"] is its id."""

    code = "subscriptions.change.waits"
    title = gettext_noop("A change is waiting already. Pay for it or take it back first.")


class NoSuchChange(Foreseen):
    """No such change, or it is done or dropped."""

    code = "subscriptions.change.none"
    title = gettext_noop("There is no such change, or it is settled.")
    status = 404


class SameAsNow(Foreseen):
    """A change into what is had already."""

    code = "subscriptions.change.same"
    title = gettext_noop("This is what you have already. Nothing was changed.")
    status = 422


class OpenedOtherwise(Foreseen):
    """The key has opened another subscription before; facts["subscription"] is its id."""

    code = "subscriptions.subscription.opened_otherwise"
    title = gettext_noop("A subscription was opened from this before, with other content.")


class PriceLocked(Foreseen):
    """The brand promised that its prices stay for those who have them."""

    code = "subscriptions.price.locked"
    title = gettext_noop("This brand promises that prices stay as they were bought. No change was announced.")


class NoticeTooShort(Foreseen):
    """A price that would hold before the promised notice is over; facts["days"]: how many are promised."""

    code = "subscriptions.price.notice_too_short"
    title = gettext_noop("The new price would hold before the notice that the brand promises is over.")
    status = 422


class NoSuchPlan(Foreseen):
    """A product or plan that the brand's catalogue has not and never had."""

    code = "subscriptions.plan.none"
    title = gettext_noop("This brand sells no such plan, and never did.")
    status = 404


class PriceHolds(Foreseen):
    """A price change whose day has come: it is not taken back, another one is announced."""

    code = "subscriptions.price.holds"
    title = gettext_noop("This price holds already. Announce another one instead.")


class BadSetting(Foreseen):
    """A setting of brand.toml that cannot be meant; facts["name"] says which."""

    code = "subscriptions.setting.bad"
    title = gettext_noop("A setting of the brand about renewals cannot be right.")
    status = 422


class BadTariff(Foreseen):
    """A tariff that cannot be reckoned with.

    facts["why"]: "model", "unit", "per", "included", "tiers", "price", "overage", "step" or "shape".
    """

    code = "subscriptions.tariff.bad"
    title = gettext_noop("These prices for metered use do not fit together.")
    status = 422


class BadReading(Foreseen):
    """A reading that cannot be: facts["why"] is "quantity", "future", "age", "key", "many" or "why"."""

    code = "subscriptions.reading.bad"
    title = gettext_noop("This reading of a meter cannot be right, so it was not counted.")
    status = 422


class ReadDifferently(Foreseen):
    """The key stands for another reading of this meter."""

    code = "subscriptions.reading.differs"
    title = gettext_noop("This reading was counted before, with another quantity.")


class NotMetered(Foreseen):
    """The policy does not let use be counted: facts["clause"] says which clause keeps it out."""

    code = "subscriptions.meter.not_allowed"
    title = gettext_noop("Our privacy policy does not let us count how this service is used.")
    status = 403


class NoSuchMeter(Foreseen):
    """No such meter, or not one that the asker may know of."""

    code = "subscriptions.meter.none"
    title = gettext_noop("There is no such meter.")
    status = 404


class BadLimit(Foreseen):
    """A limit of a meter that is none.

    facts["why"]: "amount" (less than nothing, or beyond what the books hold) or "currency" (not the
    subscription's).
    """

    code = "subscriptions.limit.bad"
    title = gettext_noop("This is no limit that a meter can have.")
    status = 422


class PeriodUnpaid(Foreseen):
    """Less is wanted while an invoice of the service is open; facts["invoice"] is its id."""

    code = "subscriptions.change.unpaid"
    title = gettext_noop("An invoice of this service is open. Pay it first, then take something smaller.")
    status = 409


class NoSuchAddOn(Foreseen):
    """The service has no such add-on, or not so many of it."""

    code = "subscriptions.add_on.none"
    title = gettext_noop(
        "This service does not have so many of this add-on. At least one can be taken off, in whole numbers."
    )
    status = 422


class TooManyAddOns(Foreseen):
    """A service cannot have so many of an add-on.  most: how many it can."""

    code = "subscriptions.add_on.too_many"
    title = gettext_noop("Of this add-on a service can have {most} at most, in whole numbers.")
    status = 422
