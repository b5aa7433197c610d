"""V6-1: nothing goes to anybody outside without a permission for that very one, which can be taken back."""

from __future__ import annotations

import pytest

from hostkeep.kernel.ids import BrandId, ClauseId, PurposeId
from hostkeep.runtime import clock
from hostkeep.vault import consenting
from hostkeep.vault.consents import standing
from tests.conftest import make_act
from tests.faces.client.conftest import Member
from tests.faces.client.test_consents import AGREE, HERE, WITHDRAW
from tests.faces.shop.conftest import hidden, text

BRAND, SERVICE = BrandId("vps6"), PurposeId("service")


@pytest.fixture
def ann(db) -> Member:
    return Member(BRAND)


def permits(ann: Member, recipient: str) -> bool:
    return standing(
        brand=BRAND, subject=ann.account.subject, purpose=SERVICE, recipient=recipient, at=clock.now()
    )


def test_V6_1_accepting_the_policy_permits_nobody(ann: Member) -> None:
    assert "You have consented to nothing" in text(ann.get(HERE))
    assert not permits(ann, "moving_partner")


def test_V6_1_a_permission_is_a_choice_of_its_own_for_one_recipient_and_ends_at_once(ann: Member) -> None:
    page = ann.get(HERE)
    assert "The firm that moves your site" in text(page)
    assert 'href="/privacy/#V6-1"' in text(page)
    token = {key: value for key, value in hidden(page, AGREE).items() if key not in {"purpose", "recipient"}}

    ann.post(AGREE, **token, purpose=SERVICE, recipient="moving_partner")
    assert permits(ann, "moving_partner")
    assert not permits(ann, "authority")
    assert not permits(ann, "")

    ann.sends(ann.get(HERE), WITHDRAW)
    assert not permits(ann, "moving_partner")


def test_V6_1_what_the_law_compels_is_no_matter_of_consent(ann: Member) -> None:
    subject = ann.account.subject
    act = make_act("customer", "rights", brand=BRAND, at=clock.now(), own=subject)
    with pytest.raises(consenting.NotAskedFor) as no:
        consenting.give(
            act, subject=subject, purpose=PurposeId("legal_obligation"), recipient="authority", how="client_area"
        )
    assert no.value.clause == ClauseId("V6-1")


def test_V6_1_a_permission_that_cannot_be_taken_back_would_be_noticed(ann: Member, monkeypatch) -> None:
    page = ann.get(HERE)
    token = {key: value for key, value in hidden(page, AGREE).items() if key not in {"purpose", "recipient"}}
    ann.post(AGREE, **token, purpose=SERVICE, recipient="moving_partner")

    monkeypatch.setattr(consenting, "withdraw", lambda *_, **__: None)
    ann.sends(ann.get(HERE), WITHDRAW)

    assert permits(ann, "moving_partner")
