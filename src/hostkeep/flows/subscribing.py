"""The paying side of a service: opened beside it, counted from when it runs, over when it is gone."""

from __future__ import annotations

from dataclasses import replace

from hostkeep.flows.metering import count_for, priced
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, PurposeId, SubjectId
from hostkeep.provisioning.actions.opening import Opened
from hostkeep.provisioning.events import ServiceActivated
from hostkeep.provisioning.queries import ServiceRow, service
from hostkeep.runtime.deeds import NewKey, write_now
from hostkeep.shop.queries.meters import meters_of_product
from hostkeep.shop.queries.order_rows import OrderedAddOn, OrderLineTold
from hostkeep.shop.rules.catalogue import in_language
from hostkeep.subscriptions.actions.opening import begin_subscription, open_subscription
from hostkeep.subscriptions.errors import NoSuchSubscription
from hostkeep.subscriptions.queries.metering import has_meters
from hostkeep.subscriptions.queries.subscriptions import subscription
from hostkeep.subscriptions.rules.agreeing import LONGEST_TITLE, AddOn, Agreed, Discount, Taken

SERVICE = PurposeId("service")


def subscribe(
    act: Act, *, account: AccountId, subject: SubjectId, opened: Opened, line: OrderLineTold,
    language: str, discount: Discount | None = None,
) -> None:  # fmt: skip
    """Open the subscription of one piece of an order line.

    opened    the piece's service, in one transaction with this if it is new; one that runs already is counted
              from now on
    language  in which its invoices say what it is
    discount  what a promo code takes off this piece
    Again: changes nothing.  Raises as open_subscription, and NotMetered where the catalogue counts what the
    policy does not let be counted; loading refuses such a catalogue.
    """
    agreed = replace(agreed_on(line, language), discount=discount)
    once = f"service:{opened.id}"
    taken = open_subscription(
        act, account=account, subject=subject, service=opened.id, agreed=agreed,
        once=NewKey(once) if opened.is_new else once,
    )  # fmt: skip
    if opened.again:
        _begin_if_running(act, service(opened.id))
    currency = line.each_recurring.currency.code
    entries = meters_of_product(act.brand, line.product)
    meters = [priced(entry, currency=currency, language=language) for entry in entries]
    if meters:
        write_now()  # what was opened just now is asked for
    if meters and not has_meters(taken.id):
        count_for(act, of=subscription(taken.id), meters=meters)


def agreed_on(line: OrderLineTold, language: str) -> Agreed:
    """Return what one piece of an order line that recurs is, at its own price."""
    return Agreed(
        product=line.product,
        plan=line.plan,
        title=line.described(language)[:LONGEST_TITLE],
        choices={picked.option: picked.choice for picked in line.options},
        term=line.term,
        price=line.each_recurring,
        trial_days=line.trial_days,
        add_ons=tuple(_taken(each, language) for each in line.add_ons),
    )


def _taken(add_on: OrderedAddOn, language: str) -> Taken:
    """Return an add-on that was ordered as it is agreed on for one piece; its order's lines are about it."""
    title = in_language(add_on.name, language)[:LONGEST_TITLE]
    what = AddOn(add_on.slug, title, add_on.price, add_on.once, add_on.recurs, add_on.work)
    return Taken(what, add_on.pieces, (add_on.id,))


def on_service_activated(act: Act, event: ServiceActivated) -> None:
    """Count from now; a service that was bought once has nothing to count."""
    try:
        _begin_if_running(act, service(event.service))
    except NoSuchSubscription:
        return


def _begin_if_running(act: Act, row: ServiceRow) -> None:
    """Count from now if the service has been built.  Again: changes nothing.  Raises NoSuchSubscription.

    Asked from both sides, when it runs and when its subscription is opened: whichever comes second begins.
    """
    if row.activated_at is not None:
        under = act.of_brand(row.brand).for_purpose(SERVICE)
        begin_subscription(under, service=row.id, invoice=row.invoice)
