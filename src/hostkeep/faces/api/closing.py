"""Closing the account: what would happen, and the deed, for a key that was given this right by itself."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest
from ninja import Field, Router, Schema

from hostkeep.faces.api.account import policy_of
from hostkeep.faces.api.keyed import Needs, account_of_key, act_of_key, now_of
from hostkeep.faces.api.shapes import Told
from hostkeep.faces.ui.fates import fates_shown
from hostkeep.faces.ui.pages import language_of
from hostkeep.faces.ui.profiles import ACCOUNT
from hostkeep.faces.ui.telling import told
from hostkeep.flows import closing as flow
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.words import gettext_noop
from hostkeep.vault.outlook import Fate

router = Router()


class NotSure(Foreseen):
    """A closing that does not name the account it means."""

    code = "api.closing.not_sure"
    title = gettext_noop("Give the number of the account to close.")
    status = 422


class FateOfFact(Schema):
    """What becomes of one kind of fact.  until: none where no date stands yet."""

    category: str
    keep_class: str
    what: str
    until: datetime | None
    clause: str
    says: str


class Ends(Schema):
    """A service that ends."""

    id: str
    title: str


class Closing(Schema):
    """What closing would do.  login: limited, link or none.  unpaid: numbers of invoices that stay owed.

    signs_in_until: with "link", until when the login stands beside it; none: it ends at once.
    stays: whether a hold keeps the account; its login then stays as long as the hold, past until.
    """

    login: str
    signs_in_until: datetime | None
    until: datetime
    stays: bool
    clause: str
    services: list[Ends]
    unpaid: list[str]
    fates: list[FateOfFact]


class CloseTold(Told):
    """The customer number, so that no loop closes an account by mistake."""

    number: str = Field(max_length=16)


class Closed(Schema):
    """The account's state.  waits: services whose end is still awaited."""

    state: str
    waits: int


@router.get("", response=Closing, auth=Needs("account:read"), operation_id="preview_closing")
def preview_closing(request: HttpRequest) -> Closing:
    """Say what closing the account would do under this brand's policy; nothing is done."""
    act = act_of_key(request, ACCOUNT)
    found = flow.preview(act, account=account_of_key(request).id)
    zone, language = request.brand.zone, language_of(request)  # type: ignore[attr-defined]
    policy, at = policy_of(request), now_of(request)

    def says(fate: Fate) -> str:
        return fates_shown([fate], policy, at=at, zone=zone, language=language)[0].says

    return Closing(
        login=found.ending.login, signs_in_until=found.ending.signs_in_until, until=found.ending.until,
        stays=found.ending.stays, clause=found.ending.clause,
        services=[Ends(id=str(row.id), title=row.title) for row in told(act, found.services)],
        unpaid=[row.number for row in found.unpaid],
        fates=[
            FateOfFact(
                category=fate.category, keep_class=fate.keep_class, what=fate.what, until=fate.until,
                clause=fate.clause, says=says(fate),
            )
            for fate in found.fates
        ],
    )  # fmt: skip


@router.post("", response=Closed, auth=Needs("account:close"), operation_id="close_account")
def close_account(request: HttpRequest, told: CloseTold) -> Closed:
    """Close the account.  Every key ends with it, this one too: no further call is answered."""
    row = account_of_key(request)
    if told.number != row.number:
        raise NotSure
    act = act_of_key(request, ACCOUNT)
    done = flow.close(act, account=row.id, by="customer", once=f"close:{row.id}")
    request.api_unkept = True  # type: ignore[attr-defined]
    return Closed(state=done.state, waits=done.waits)
