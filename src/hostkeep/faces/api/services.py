"""Services: what runs, what is done with it, and its access data."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.responses import Status

from hostkeep.faces.api.cursors import Page, PageQuery, Position, page_of, position_of
from hostkeep.faces.api.door import once_of
from hostkeep.faces.api.keyed import Needs, account_of_key, act_of_key
from hostkeep.faces.ui.service_keys import key_called, keys_of
from hostkeep.faces.ui.telling import told, told_one
from hostkeep.flows.service_access import open_secret, renew_secret
from hostkeep.kernel.ids import ServiceId
from hostkeep.people.rules.tokens import hash_of
from hostkeep.provisioning.queries import ServiceTold, WorkRow, service_of, services_of, work_of

router = Router()

SERVICE = "service"
LIST = "services"
ONCE_SIGNS = 32


class Service(Schema):
    """A service.  state: ordered, building, failed, active, suspended, closing or closed."""

    id: UUID
    title: str
    product: str
    state: str
    invoice: UUID
    created_at: datetime
    activated_at: datetime | None


class Access(Schema):
    """A secret of a service.  here: whether it can be opened; where the policy shows secrets once, once."""

    name: str
    label: str
    here: bool


class Work(Schema):
    """Something that was done with a service, or is being done.  code: why it is not done, or empty."""

    id: UUID
    verb: str
    stage: str
    code: str
    queued_at: datetime
    ended_at: datetime | None


class ServiceWhole(Service):
    """A service with what its driver says in the open, its secrets by name, and its history, newest first."""

    spec: dict[str, str]
    facts: dict[str, str]
    access: list[Access]
    work: list[Work]


class Secret(Schema):
    """A secret, opened.  gone: whether this was the one time that the policy lets it be shown."""

    name: str
    value: str
    gone: bool


class Renewal(Schema):
    """Work that was asked for."""

    work: UUID


@router.get("", response=Page[Service], auth=Needs("services:read"), operation_id="list_services")
def list_services(request: HttpRequest, wanted: PageQuery) -> Page[Service]:
    """List the account's services, newest first."""
    after = position_of(request, wanted, LIST)
    rows = sorted(
        services_of(account_of_key(request).id), key=lambda row: (row.created_at, row.id), reverse=True
    )
    rest = [row for row in rows if after is None or after.before(row.created_at, row.id)]
    shown, cursor = page_of(
        request, wanted, LIST, rest[: wanted.limit + 1], lambda row: Position(row.created_at, row.id)
    )
    return Page[Service](
        items=[_service(row) for row in told(act_of_key(request, SERVICE), shown)], next=cursor
    )


@router.get("/{uuid:service}", response=ServiceWhole, auth=Needs("services:read"), operation_id="get_service")
def get_service(request: HttpRequest, service: UUID) -> ServiceWhole:
    """Show one service.  Another account's does not exist."""
    row = _row(request, service)
    return ServiceWhole(
        **_service(row).dict(),
        spec=dict(row.spec),
        facts=dict(row.facts),
        access=[Access(name=key.name, label=key.label, here=key.here) for key in keys_of(row, row.brand)],
        work=[_work(each) for each in work_of(row.id)],
    )


@router.post(
    "/{uuid:service}/access/{name}",
    response=Secret,
    auth=Needs("services:secrets"),
    operation_id="open_secret",
)
def post_access(request: HttpRequest, service: UUID, name: str) -> Secret:
    """Open one secret of a service.  The answer is never kept to be repeated."""
    request.api_unkept = True  # type: ignore[attr-defined]
    row = _row(request, service)
    opened = open_secret(act_of_key(request, SERVICE), of=row.account, service=row.id, name=name)
    return Secret(name=opened.name, value=opened.value.open(), gone=opened.gone)


@router.post(
    "/{uuid:service}/access/{name}/renew",
    response={202: Renewal},
    auth=Needs("services:write"),
    operation_id="renew_secret",
)
def post_renewal(request: HttpRequest, service: UUID, name: str) -> Status[Renewal]:
    """Have a secret replaced; the old one stops working."""
    row = _row(request, service)
    key = key_called(row, name)
    said = once_of(request) or str(len(work_of(row.id)))
    queued = renew_secret(
        act_of_key(request, SERVICE), of=row.account, service=row.id, name=key.name,
        once=hash_of(said)[:ONCE_SIGNS],
    )  # fmt: skip
    return Status(202, Renewal(work=queued.ref.id))


def _row(request: HttpRequest, service: UUID) -> ServiceTold:
    """Return one service of the key's account, opened.  Raises NoSuchService."""
    row = service_of(account_of_key(request).id, ServiceId(service))
    return told_one(act_of_key(request, SERVICE), row)


def _service(row: ServiceTold) -> Service:
    """Show a service of the list."""
    return Service(
        id=row.id, title=row.title, product=row.product, state=row.state.value, invoice=row.invoice,
        created_at=row.created_at, activated_at=row.activated_at,
    )  # fmt: skip


def _work(row: WorkRow) -> Work:
    """Show a piece of work."""
    return Work(
        id=row.id, verb=row.verb.value, stage=row.stage.value, code=row.code,
        queued_at=row.queued_at, ended_at=row.ended_at,
    )  # fmt: skip
