"""Opening services: what an order buys, before it is paid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.db.models import QuerySet

from hostkeep.audit.recorded import recorded
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, InvoiceId, Ref, ServiceId, SubjectId
from hostkeep.people.closings import hold_open
from hostkeep.provisioning.boxing import GONE, Contents, seal_contents, use_contents
from hostkeep.provisioning.errors import OpenedDifferently
from hostkeep.provisioning.models import Service
from hostkeep.runtime.deeds import NewKey
from hostkeep.runtime.inserting import insert_last, insert_new
from hostkeep.runtime.written import objects_of


@dataclass(frozen=True, slots=True)
class Bought:
    """What is to be run, as the catalogue says.

    title    what people read
    product  slug of the catalogue
    driver   name of the driver that should run it
    spec     sizes for the driver, texts only
    """

    title: str
    product: str
    driver: str
    spec: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Opened:
    """A service that waits to be paid.

    again   whether the same key had opened it before this call
    is_new  whether it was opened under a NewKey, so that nothing can hang on it yet
    """

    id: ServiceId
    again: bool = False
    is_new: bool = False

    @property
    def ref(self) -> Ref:
        """The service."""
        return Ref("provisioning.service", self.id)


@recorded("provisioning.service.opened")
def open_service(
    act: Act, *, account: AccountId, subject: SubjectId, bought: Bought, invoice: InvoiceId, order_line: UUID,
    once: str,
) -> Opened:  # fmt: skip
    """Open a service that is built once its invoice is paid.

    subject     whose vault keeps its secrets
    order_line  what it was bought by
    once        idempotency key; the same key opens nothing more and answers with the first service.  Under a
                NewKey the service is written as the deed ends

    Writes a Service and an audit entry.
    Raises OpenedDifferently (with the first service's id), AccountNotOpen (closed, or being closed).
    """
    hold_open(account)
    clear = {
        "brand": str(act.brand),
        "account": account,
        "subject": subject,
        "order_line": order_line,
        "invoice": invoice,
    }
    is_new = isinstance(once, NewKey)
    known = None if is_new else next(iter(objects_of(_by_once, once)), None)
    if known is None:
        service = Service(id=uuid4(), once=once, handle=f"hk-{uuid4().hex}", created_at=act.at, **clear)
        told = {"title": bought.title, "product": bought.product, "driver": bought.driver}
        seal_contents(act, service, **told, spec=dict(bought.spec), facts={}, kept=[])
        if is_new:
            insert_last(service)
        if is_new or insert_new(service):
            return Opened(ServiceId(service.id), is_new=is_new)
        known = Service.objects.get(once=once)
    stands = known
    same = use_contents(act, stands, lambda held: held is GONE or _is_same(held, bought))
    if not same or any(getattr(stands, name) != value for name, value in clear.items()):
        raise OpenedDifferently(service=str(stands.id))
    return Opened(ServiceId(stands.id), again=True)


def _by_once(once: str) -> QuerySet[Service]:
    """Return the query of the service that a key opened."""
    return Service.objects.filter(once=once)


def _is_same(held: Contents, bought: Bought) -> bool:
    """Say whether a service holds what is to be bought; its driver may have been replaced since."""
    return (held.title, held.product, held.spec) == (bought.title, bought.product, dict(bought.spec))
