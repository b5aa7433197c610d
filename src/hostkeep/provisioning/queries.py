"""What provisioning shows.

Rows come closed: what a customer chose is opened by the door (vault.column_door), for a stated purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Count, Exists, Model, OuterRef, Q, QuerySet

from hostkeep.kernel.ids import AccountId, ActionId, BrandId, InvoiceId, ServiceId, SubjectId
from hostkeep.people.queries import is_canary
from hostkeep.provisioning.boxing import CHOSEN, TABLE, boxes_of
from hostkeep.provisioning.errors import NoSuchService, NoSuchTask
from hostkeep.provisioning.models import Action, Lease, Service, Task
from hostkeep.provisioning.rules.lifecycle import State
from hostkeep.provisioning.rules.work import OPEN, Stage, Verb
from hostkeep.runtime.written import objects_of
from hostkeep.vault.column_door import ColumnWish, one_row
from hostkeep.vault.columns import Boxed

M = TypeVar("M", bound=Model)
R = TypeVar("R")

ASKED = ("title", "product", "spec")
"""The columns that a task shows."""


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A service, closed.  boxes: its sealed columns."""

    id: ServiceId
    brand: BrandId
    account: AccountId
    subject: SubjectId
    invoice: InvoiceId
    order_line: UUID
    state: State
    handle: str
    created_at: datetime
    activated_at: datetime | None
    boxes: Mapping[str, Boxed] = field(repr=False)

    @property
    def wish(self) -> ColumnWish[ServiceTold]:
        """What opens it."""
        return _wish(self, self.id, self._told)

    def without(self, word: str) -> ServiceTold:
        """Return what a page shows where it does not open."""
        return self._told({"title": word, "product": "", "driver": "", "spec": {}, "facts": {}, "kept": ()})

    def _told(self, values: Mapping[str, Any]) -> ServiceTold:
        return ServiceTold(**_same(self, ServiceRow), **{**values, "kept": tuple(values["kept"])})


@dataclass(frozen=True, slots=True)
class ServiceTold(ServiceRow):
    """A service with what was chosen.

    facts     what its driver says in the open: address, end point, ...
    kept      names of the secrets that lie in the vault for it
    """

    title: str
    product: str
    driver: str
    spec: Mapping[str, str]
    facts: Mapping[str, str]
    kept: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WorkRow:
    """A piece of work, closed.  done_role: the role of the person who did it, if a person did."""

    id: ActionId
    service: ServiceId
    brand: BrandId
    subject: SubjectId
    verb: Verb
    stage: Stage
    failures: int
    code: str
    queued_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    due_at: datetime | None
    done_role: str
    boxes: Mapping[str, Boxed] = field(repr=False)

    @property
    def wish(self) -> ColumnWish[WorkTold]:
        """What opens it."""
        return _wish(self, self.service, self._told)

    def without(self, word: str) -> WorkTold:
        """Return what a page shows where it does not open."""
        return self._told({"title": word})

    def _told(self, values: Mapping[str, Any]) -> WorkTold:
        return WorkTold(**_same(self, WorkRow), **values)


@dataclass(frozen=True, slots=True)
class WorkTold(WorkRow):
    """A piece of work with the title of its service."""

    title: str


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task for staff, closed.  kind: what is to be done, a verb of rules.work."""

    id: UUID
    service: ServiceId
    brand: BrandId
    subject: SubjectId
    handle: str
    kind: Verb
    state: str
    opened_at: datetime
    boxes: Mapping[str, Boxed] = field(repr=False)

    @property
    def wish(self) -> ColumnWish[TaskTold]:
        """What opens it."""
        return _wish(self, self.service, self._told)

    def without(self, word: str) -> TaskTold:
        """Return what a page shows where it does not open."""
        return self._told({"title": word, "product": "", "spec": {}})

    def _told(self, values: Mapping[str, Any]) -> TaskTold:
        return TaskTold(**_same(self, TaskRow), **values)


@dataclass(frozen=True, slots=True)
class TaskTold(TaskRow):
    """A task with what was ordered."""

    title: str
    product: str
    spec: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LeftRow:
    """A service that is to be ended (is_end), or else changed, as soon as it can be."""

    id: ServiceId
    brand: BrandId
    is_end: bool


@dataclass(frozen=True, slots=True)
class BrandPile:
    """How much waits in a brand: services being built, tasks for staff, work that was given up."""

    building: int = 0
    open_tasks: int = 0
    parked: int = 0


def service(wanted: ServiceId) -> ServiceRow:
    """Return one service.  Raises NoSuchService."""
    row = Service.objects.filter(id=wanted).first()
    if row is None:
        raise NoSuchService
    return _service_row(row)


def service_of(account: AccountId, wanted: ServiceId) -> ServiceRow:
    """Return one service of an account; another account's does not exist.  Raises NoSuchService."""
    row = Service.objects.filter(id=wanted, account=account).first()
    if row is None:
        raise NoSuchService
    return _service_row(row)


def services_of(account: AccountId) -> tuple[ServiceRow, ...]:
    """Return an account's services, newest first, the closed ones last."""
    rows = Service.objects.filter(account=account).order_by("-created_at", "id")
    found = [_service_row(row) for row in rows]
    return tuple(sorted(found, key=lambda row: row.state is State.CLOSED))


def services_billed_by(invoice: InvoiceId) -> tuple[ServiceRow, ...]:
    """Return the services whose building starts when an invoice is paid."""
    return services_billed_by_each([invoice]).get(invoice, ())


def services_billed_by_each(invoices: Collection[InvoiceId]) -> Mapping[InvoiceId, tuple[ServiceRow, ...]]:
    """Return the services whose building starts when each of some invoices is paid.  One query.

    One that starts none is left out.
    """
    found: dict[InvoiceId, tuple[ServiceRow, ...]] = {}
    for row in map(_service_row, objects_of(_billed_by, tuple(invoices)) if invoices else ()):
        found[row.invoice] = (*found.get(row.invoice, ()), row)
    return found


def _billed_by(invoices: Sequence[InvoiceId]) -> QuerySet[Service]:
    """Return the query of services_billed_by_each."""
    return Service.objects.filter(invoice__in=invoices).order_by("created_at", "id")


def services_by_id(services: Collection[ServiceId]) -> Mapping[ServiceId, ServiceRow]:
    """Return several services by their ids; one that is not there is left out.  One query."""
    found = objects_of(_by_id, tuple(set(services))) if services else ()
    return {ServiceId(row.id): _service_row(row) for row in found}


def _by_id(services: Sequence[ServiceId]) -> QuerySet[Service]:
    """Return the query of services_by_id."""
    return Service.objects.filter(id__in=services)


def services_where(*, states: Sequence[State], brand: BrandId | None = None) -> Sequence[ServiceRow]:
    """Return services in some states, of one brand or all, newest first; a slice reads only what it shows.

    A canary's are left out here, and in every list and count below that speaks of many accounts.
    """
    rows = _real(Service.objects.filter(state__in=states)).order_by("-created_at", "id")
    return _Rows(rows.filter(brand=brand) if brand else rows)


def running(brand: BrandId, *, after: ServiceId | None = None, first: int = 500) -> tuple[ServiceRow, ...]:
    """Return a brand's services that run or stand still, by id.  after: the last one seen."""
    found = _real(Service.objects.filter(brand=brand, state__in=[State.ACTIVE, State.SUSPENDED]))
    if after is not None:
        found = found.filter(id__gt=after)
    return tuple(_service_row(row) for row in found.order_by("id")[:first])


def work_of(wanted: ServiceId) -> tuple[WorkRow, ...]:
    """Return all work asked for a service, newest first."""
    return _work_rows(Action.objects.filter(service_id=wanted).order_by("-queued_at"))


def parked_work() -> tuple[WorkRow, ...]:
    """Return work that was given up and not repaired, oldest first, at most 200 pieces."""
    given_up = _real(Action.objects.filter(stage=Stage.PARKED), "service__account")
    return _work_rows(given_up.order_by("queued_at")[:200])


def parked_count() -> int:
    """Count work that was given up and not repaired."""
    return _real(Action.objects.filter(stage=Stage.PARKED), "service__account").count()


def due_work(at: datetime) -> tuple[ActionId, ...]:
    """Return work that may be taken up at a time, and work whose worker's lease ran out."""
    due = Q(stage__in=[Stage.QUEUED, Stage.WAITING], due_at__lte=at)
    lost = Q(stage=Stage.RUNNING, leased_to__lte=at)
    found = Action.objects.filter(due | lost).order_by("queued_at").values_list("id", flat=True)
    return tuple(ActionId(i) for i in found)


def left_to_do(*, first: int = 500) -> tuple[LeftRow, ...]:
    """Return services that are to be changed or ended when nothing else is under way on them."""
    work = Action.objects.filter(service=OuterRef("pk"))
    ends = Q(end_wanted_at__isnull=False) & ~Exists(work.filter(stage=Stage.RUNNING))
    changes = ~Q(change_once="") & Q(state=State.ACTIVE) & ~Exists(work.filter(stage__in=OPEN))
    found = Service.objects.filter(~Q(change_once="") | Q(end_wanted_at__isnull=False)).filter(ends | changes)
    return tuple(
        LeftRow(ServiceId(row.id), BrandId(row.brand), is_end=row.end_wanted_at is not None)
        for row in found.order_by("id")[:first]
    )


def open_tasks() -> tuple[TaskRow, ...]:
    """Return what staff have to do, oldest first, at most 200 tasks."""
    waiting = _real(Task.objects.filter(state=Task.OPEN), "service__account")
    rows = waiting.select_related("service").order_by("opened_at")[:200]
    return tuple(_task_row(row) for row in rows)


def task(wanted: UUID) -> TaskRow:
    """Return one task.  Raises NoSuchTask."""
    row = Task.objects.select_related("service").filter(id=wanted).first()
    if row is None:
        raise NoSuchTask
    return _task_row(row)


def addresses_leased(pool: str) -> frozenset[str]:
    """Return the addresses of a pool that services hold."""
    return frozenset(Lease.objects.filter(pool=pool, until=None).values_list("address", flat=True))


def open_task_count() -> int:
    """Count what staff have to do."""
    return _real(Task.objects.filter(state=Task.OPEN), "service__account").count()


def piles_by_brand() -> Mapping[BrandId, BrandPile]:
    """Count what waits, by brand; a brand where nothing waits is left out.  Three queries."""
    tasks = _real(Task.objects.filter(state=Task.OPEN), "service__account")
    parked = _real(Action.objects.filter(stage=Stage.PARKED), "service__account")
    building = _real(Service.objects.filter(state=State.BUILDING)).values_list("brand")
    owned = (rows.values_list("service__brand") for rows in (tasks, parked))
    built, waiting, given_up = (dict(rows.annotate(Count("id"))) for rows in (building, *owned))
    return {
        BrandId(brand): BrandPile(built.get(brand, 0), waiting.get(brand, 0), given_up.get(brand, 0))
        for brand in {*built, *waiting, *given_up}
    }


def _real(rows: QuerySet[M], account: str = "account") -> QuerySet[M]:
    """Leave out what belongs to canaries.  account: the way from a row to its account."""
    return rows.exclude(is_canary(account))


class _Rows(Sequence[ServiceRow]):
    """Services that are read page by page."""

    def __init__(self, rows: QuerySet[Service]) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return self._rows.count()

    def __getitem__(self, place: int | slice) -> ServiceRow | tuple[ServiceRow, ...]:  # type: ignore[override]
        if isinstance(place, int):
            return _service_row(self._rows[place])
        return tuple(_service_row(row) for row in self._rows[place])


def _wish(
    row: ServiceRow | WorkRow | TaskRow, service: ServiceId, make: Callable[[Mapping[str, Any]], R]
) -> ColumnWish[R]:
    """Return what opens sealed columns of a service for a row."""
    head = (row.brand, row.subject, CHOSEN)
    return one_row(head, table=TABLE, row=str(service), boxes=row.boxes, make=make)


def _same(row: Any, kind: type[Any]) -> dict[str, Any]:
    """Return the fields of a closed row, for the open one."""
    return {one.name: getattr(row, one.name) for one in fields(kind)}


def _service_row(row: Service) -> ServiceRow:
    return ServiceRow(
        id=ServiceId(row.id),
        brand=BrandId(row.brand),
        account=AccountId(row.account),
        subject=SubjectId(row.subject),
        invoice=InvoiceId(row.invoice),
        order_line=row.order_line,
        state=State(row.state),
        handle=row.handle,
        created_at=row.created_at,
        activated_at=row.activated_at,
        boxes=boxes_of(row),
    )


def _work_rows(rows: QuerySet[Action]) -> tuple[WorkRow, ...]:
    return tuple(
        WorkRow(
            id=ActionId(row.id),
            service=ServiceId(row.service_id),
            brand=BrandId(row.service.brand),
            subject=SubjectId(row.service.subject),
            boxes=boxes_of(row.service, ("title",)),
            verb=Verb(row.verb),
            stage=Stage(row.stage),
            failures=row.failures,
            code=row.last_code,
            queued_at=row.queued_at,
            started_at=row.started_at,
            ended_at=row.ended_at,
            due_at=row.due_at,
            done_role=row.task.done_role if hasattr(row, "task") else "",
        )
        for row in rows.select_related("service", "task")
    )


def _task_row(row: Task) -> TaskRow:
    return TaskRow(
        id=row.id,
        service=ServiceId(row.service_id),
        brand=BrandId(row.service.brand),
        subject=SubjectId(row.service.subject),
        boxes=boxes_of(row.service, ASKED),
        handle=row.service.handle,
        kind=Verb(row.kind),
        state=row.state,
        opened_at=row.opened_at,
    )
