"""The account: what its owner told us, its correction by the policy's form, its language, acceptances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from ninja import Body, Field, Router, Schema

from hostkeep.faces.api.keyed import Needs, account_of_key, act_of_key
from hostkeep.faces.api.shapes import Told, bad_fields
from hostkeep.faces.ui.fields import PolicyForm, blank_form
from hostkeep.faces.ui.pages import language_of, reader_of
from hostkeep.faces.ui.profiles import ACCOUNT, EMAIL, as_inputs, changes, correctable, known_values
from hostkeep.faces.ui.reading import UndeclaredField, read_form
from hostkeep.faces.ui.words import LANGUAGES
from hostkeep.people.actions.correcting import choose_language, correct_values
from hostkeep.people.queries import acceptances_of
from hostkeep.policy.book import Policy

router = Router()


class Asked(Schema):
    """One input of the profile.  why: in the policy's words.  clause: what lets us ask."""

    name: str
    category: str
    label: str
    required: bool
    why: str
    clause: str
    value: str


class Account(Schema):
    """An account.  email: the login's, changed on the pages of sign-in alone."""

    number: str
    brand: str
    state: str
    language: str
    opened_at: datetime
    email: str
    profile: list[Asked]


class Corrected(Schema):
    """What was changed: names of categories, never values."""

    changed: list[str]


class LanguageTold(Told):
    """A language of the brand."""

    language: str = Field(max_length=8)


class Acceptance(Schema):
    """What was shown and ticked, under which version.  It is no consent."""

    what: str
    version: int
    digest: str
    form: str
    at: datetime


class Acceptances(Schema):
    """All of them, newest first."""

    items: list[Acceptance]


ProfileTold = Annotated[
    dict[str, Annotated[str, Field(max_length=2000)]],
    Body(description="Inputs of the profile by name; those left out stay, an empty text takes a value away."),
]


@router.get("", response=Account, auth=Needs("account:read"), operation_id="get_account")
def get_account(request: HttpRequest) -> Account:
    """Show the account and its profile.  Each value is read through the vault's door, as the pages do."""
    row, policy = account_of_key(request), policy_of(request)
    known = known_values(act_of_key(request, ACCOUNT), row, policy)
    drawn = blank_form(policy, correctable(policy), language=language_of(request), values=as_inputs(known))
    return Account(
        number=row.number, brand=row.brand, state=row.state, language=row.language, opened_at=row.opened_at,
        email=known.get(EMAIL, ""), profile=_asked(drawn),
    )  # fmt: skip


@router.patch("", response=Corrected, auth=Needs("account:write"), operation_id="correct_account")
def correct_account(request: HttpRequest, told: ProfileTold) -> Corrected | HttpResponse:
    """Correct the profile.  An input that the policy's form does not declare is refused with its clause."""
    row, policy = account_of_key(request), policy_of(request)
    act, form = act_of_key(request, ACCOUNT), correctable(policy)
    known = known_values(act, row, policy)
    before = {name: value for name, value in as_inputs(known).items() if name != EMAIL}
    drawn = read_form(policy, form, as_posted({**before, **told}), reader=reader_of(request))
    if drawn.answers is None:
        return misfits_of(request, drawn)
    changed = changes(form, known, drawn.answers.values)
    if changed:
        correct_values(act, subject=row.subject, values=changed)
    return Corrected(changed=sorted(changed))


@router.put("/language", response={204: None}, auth=Needs("account:write"), operation_id="choose_language")
def put_language(request: HttpRequest, told: LanguageTold) -> HttpResponse:
    """Choose the language of pages and mails."""
    if told.language not in request.brand.languages or told.language not in LANGUAGES:  # type: ignore[attr-defined]
        raise UndeclaredField(field="language")
    choose_language(act_of_key(request, ACCOUNT), account=account_of_key(request).id, language=told.language)
    return HttpResponse(status=204)


@router.get("/acceptances", response=Acceptances, auth=Needs("account:read"), operation_id="list_acceptances")
def list_acceptances(request: HttpRequest) -> Acceptances:
    """List what was shown and ticked, under which version of the policy."""
    rows = acceptances_of(account_of_key(request).subject)
    return Acceptances(
        items=[
            Acceptance(what=row.what, version=row.version, digest=row.digest, form=row.form, at=row.at)
            for row in rows
        ]
    )


def policy_of(request: HttpRequest) -> Policy:
    """Return the policy in force at the host's brand."""
    policy: Policy = request.policy  # type: ignore[attr-defined]
    return policy


def as_posted(told: Mapping[str, str]) -> Mapping[str, Sequence[str]]:
    """Return values as a form posts them."""
    return {name: [value] for name, value in told.items()}


def misfits_of(request: HttpRequest, drawn: PolicyForm) -> HttpResponse:
    """Refuse a policy's form with what is wrong, input by input, and the clause that asks for each."""
    clauses = {each.name: ask.clause for ask in drawn.asks for each in ask.inputs}
    errors = []
    for problem in drawn.problems:
        why = gettext(problem.wrong.text).format(**problem.wrong.facts)
        errors.append({"field": problem.name, "why": why, "clause": clauses.get(problem.name, "")})
    return bad_fields(request, errors, clause=drawn.form.closed_by)


def _asked(drawn: PolicyForm) -> list[Asked]:
    """Show the inputs of a form with their values."""
    return [
        Asked(
            name=each.name, category=ask.category, label=gettext(each.label), required=each.required,
            why=ask.why, clause=ask.clause, value=each.value,
        )
        for ask in drawn.asks
        for each in ask.inputs
    ]  # fmt: skip
