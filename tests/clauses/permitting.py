"""A permission for one recipient alone, as the clauses of two shops promise it: the same stories."""

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

SERVICE, PARTNER = PurposeId("service"), "moving_partner"


def permits(ann: Member, recipient: str) -> bool:
    """Say whether a customer's permission for a recipient stands now."""
    return standing(
        brand=BrandId(ann.brand), subject=ann.account.subject, purpose=SERVICE, recipient=recipient, at=clock.now()
    )


def permits_the_partner(ann: Member, page) -> None:
    """Agree, on the page of consents as it was drawn, that the firm that moves a site receives what it needs."""
    token = {key: value for key, value in hidden(page, AGREE).items() if key not in {"purpose", "recipient"}}
    ann.post(AGREE, **token, purpose=SERVICE, recipient=PARTNER)


def accepting_the_policy_permits_nobody(ann: Member) -> None:
    assert "You have consented to nothing" in text(ann.get(HERE))
    assert not permits(ann, PARTNER)


def a_permission_is_for_one_recipient_and_ends_at_once(ann: Member, clause: str) -> None:
    page = ann.get(HERE)
    assert "The firm that moves your site" in text(page)
    assert f'href="/privacy/#{clause}"' in text(page)

    permits_the_partner(ann, page)
    assert permits(ann, PARTNER)
    assert not permits(ann, "authority")
    assert not permits(ann, "")

    ann.sends(ann.get(HERE), WITHDRAW)
    assert not permits(ann, PARTNER)


def what_the_law_compels_is_no_matter_of_consent(ann: Member, clause: str) -> None:
    subject = ann.account.subject
    act = make_act("customer", "rights", brand=ann.brand, at=clock.now(), own=subject)
    with pytest.raises(consenting.NotAskedFor) as no:
        consenting.give(
            act, subject=subject, purpose=PurposeId("legal_obligation"), recipient="authority", how="client_area"
        )
    assert no.value.clause == ClauseId(clause)


def where_nothing_can_be_taken_back_the_permission_stands(ann: Member, monkeypatch) -> None:
    permits_the_partner(ann, ann.get(HERE))

    monkeypatch.setattr(consenting, "withdraw", lambda *_, **__: None)
    ann.sends(ann.get(HERE), WITHDRAW)

    assert permits(ann, PARTNER)
