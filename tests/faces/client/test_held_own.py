"""What stands beside the account is on the page of what is held as it is in the copy: each kind, and how many."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator

from hostkeep.brands.queries import policy_in_force
from hostkeep.faces.client.held_kinds import BESIDE, KINDS, OWN_KINDS
from hostkeep.flows.exporting.gathering import parts_of
from hostkeep.flows.exporting.own import OWN, Whose
from hostkeep.kernel.ids import BrandId, PurposeId
from hostkeep.messaging.actions.queueing import queue_mail
from hostkeep.people.actions.keys import make_key
from hostkeep.people.actions.staying import begin_stay
from hostkeep.people.rules.scopes import SCOPES
from hostkeep.runtime import clock
from hostkeep.vault import objecting
from tests.conftest import make_act
from tests.faces.client.conftest import Member
from tests.faces.shop.conftest import text

HELD, RECORDS = "/account/privacy/", "/account/privacy/records/"


def rows_of(page: str) -> dict[str, str]:
    panel = page.split('id="own"', 1)[1].split("</section>", 1)[0]
    return {re.search(r'<th scope="row">([^<]+)', row)[1]: row for row in panel.split("<tr>")[2:]}


@pytest.fixture
def holder(ann: Member) -> Member:
    at, account = clock.now(), ann.account
    act = make_act("customer", "account", brand="vps6", at=at, own=account.subject)
    Authenticator.objects.create(user_id=ann.user, type="totp", data={"secret": "closed"})
    queue_mail(act, stream="account", template="account/password_changed", subject=ann.user, address="login",
               facts={"account": str(account.id)}, once="once")
    make_key(act, user=ann.user, account=account.id, scopes=[next(iter(SCOPES))])
    begin_stay(act, user=ann.user, life=timedelta(days=30))
    objecting.object_to(act, subject=account.subject, purpose=PurposeId("offers"), how="client_area")
    return ann


def copy_of(who: Member) -> dict[str, int]:
    act = make_act("customer", "rights", brand="vps6", at=clock.now(), own=who.account.subject)
    whose = Whose(who.account, who.user, policy_in_force(BrandId("vps6"), act.at))
    return {part.name: len(part.rows) for part in parts_of(act, whose)}


def test_what_is_in_the_copy_is_on_the_page_with_count_why_since_and_until(holder: Member) -> None:
    page, own, copy = text(holder.get(HELD)), text(holder.get(RECORDS)), copy_of(holder)
    assert f'href="{RECORDS}"' in page
    there = {name for name in OWN if copy[name]}
    assert {"mails", "second_factors", "sessions", "stays", "keys", "objections"} <= there
    rows = rows_of(own)
    assert set(rows) == {OWN_KINDS[name].label for name in there}
    for name in there:
        row = rows[OWN_KINDS[name].label]
        assert f"{copy[name]} record" in row, name
        assert 'since <time datetime="20' in row, name
        assert 'href="/privacy/#V6-' in row, name
        assert len(re.search(r'data-l="Until">([^<]*)<', row)[1]) > 10, name
        assert (f'href="{RECORDS}{name}/"' in row) != OWN_KINDS[name].is_whole, name
        if OWN_KINDS[name].page:
            assert f'href="{OWN_KINDS[name].page}"' in row, name
    for part, place in BESIDE.items():
        assert place in page, part


def test_its_records_show_on_request_without_a_secret(holder: Member) -> None:
    for name in ("mails", "second_factors", "sessions", "keys", "objections"):
        path = f"{RECORDS}{name}/"
        page = holder.get(path)
        assert '<h2 class="hide">Record 1' not in text(page), name
        shown = text(holder.sends(page, path))
        assert shown.count('<h2 class="hide">Record ') == copy_of(holder)[name], name
        assert "closed" not in shown.split("Record 1", 1)[1].split("</section>")[0], name
        assert OWN_KINDS[name].label in shown


def test_what_there_is_none_of_has_no_row_and_no_page(ann: Member) -> None:
    rows = rows_of(text(ann.get(RECORDS)))
    assert OWN_KINDS["keys"].label not in rows
    assert OWN_KINDS["second_factors"].label not in rows
    assert ann.get(f"{RECORDS}keys/").status_code == 404
    assert ann.get(f"{RECORDS}nothing/").status_code == 404


def test_a_kind_is_called_once() -> None:
    assert not set(OWN_KINDS) & set(KINDS)
