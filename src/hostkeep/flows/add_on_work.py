"""What is done to a service for its add-ons: its driver is asked, and staff where that cannot.

What a driver, or staff, is told of a service names the add-ons that something is done for, each with how many
there are.  It is made of what is had: so whatever comes together, the last word is right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import PurposeId, ServiceId
from hostkeep.provisioning.actions.changing import change_service
from hostkeep.provisioning.calls.drivers import MANUAL
from hostkeep.provisioning.errors import NoSuchService
from hostkeep.provisioning.events import ServiceActivated
from hostkeep.provisioning.queries import ServiceTold, WorkRow, service, work_of
from hostkeep.provisioning.rules.work import Stage, Verb
from hostkeep.shop.rules.add_ons import WORK, work_key
from hostkeep.subscriptions.queries.add_ons import past_of
from hostkeep.subscriptions.rules.add_ons import Had
from hostkeep.vault.column_door import use_columns

SERVICE = PurposeId("service")


def make_so(
    act: Act, *, of: ServiceId, subscription: UUID, what: tuple[str, str], spec: Mapping[str, str], once: str
) -> None:  # fmt: skip
    """Have a service made what its owner has now, add-ons with it.

    act   in role "system", for purpose "service"
    what  title and product, as the catalogue has them
    spec  sizes for the driver; empty where they stay as they are
    once  idempotency key, at most 128 characters

    Nothing is asked for where nothing is to be done.  Raises NoSuchService, also where it is erased.
    """
    told = _told(act, of)
    had = past_of(act, subscription)
    kept = {key: value for key, value in (spec or told.spec).items() if not key.startswith(WORK)}
    wanted = kept | names_of(had, work_of(of), driver=told.driver)
    changed = {} if wanted == told.spec else wanted
    change_service(act, service=of, title=what[0] or told.title, product=what[1], spec=changed, once=once)


def on_service_activated(act: Act, event: ServiceActivated) -> None:
    """Have done what add-ons of an order ask for, where no member of staff built the service with them."""
    row = service(event.service)
    under = act.of_brand(row.brand).in_role("system").for_purpose(SERVICE)
    try:
        told = _told(under, row.id)
    except NoSuchService:
        return
    if told.driver != MANUAL and any(key.startswith(WORK) for key in told.spec):
        change_service(
            under, service=row.id, title=told.title, product=told.product, spec=told.spec,
            once=f"add_ons:{row.id}",
        )  # fmt: skip


def names_of(had: Sequence[Had], work: Sequence[WorkRow], *, driver: str) -> dict[str, str]:
    """Return what is to be told of add-ons: those that are had, and what was bought once and is not done."""
    pieces: dict[str, int] = {}
    for each in had:
        waits = each.until is None if each.recurs else not _is_done(each, work, driver)
        if each.work and waits:
            pieces[each.slug] = pieces.get(each.slug, 0) + each.quantity
    return {work_key(slug): str(count) for slug, count in pieces.items()}


def _is_done(bought: Had, work: Sequence[WorkRow], driver: str) -> bool:
    """Say whether a service was changed, or built by staff, since something was bought once for it."""
    verbs = {Verb.CHANGE, Verb.CREATE} if driver == MANUAL else {Verb.CHANGE}
    since = bought.since
    return any(
        each.stage is Stage.DONE and each.verb in verbs and (since is None or each.queued_at >= since)
        for each in work
    )


def _told(act: Act, of: ServiceId) -> ServiceTold:
    """Return a service opened.  Raises NoSuchService, also where it is erased."""

    def there(told: Sequence[ServiceTold | None]) -> ServiceTold:
        if told[0] is None:
            raise NoSuchService
        return told[0]

    return use_columns(act, wishes=[service(of).wish], fn=there)
