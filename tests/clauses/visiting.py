"""A shop that takes a mere visit for a yes: what VS-19 must notice, and the table of sabotages too."""

from __future__ import annotations

from uuid import uuid4

import pytest

from hostkeep.runtime import clock
from tests.conftest import make_act


def a_visit_counts_as_acceptance(patch: pytest.MonkeyPatch) -> None:
    """Let whoever looks at the policy page accept that details are stored."""
    from hostkeep.faces.storefront import policy_pages
    from hostkeep.people.actions.joining import accept_statements

    real = policy_pages.policy_page

    def accepting(policy, language):
        act = make_act("visitor", "account", brand=policy.brand, at=clock.now())
        accept_statements(
            act, subject=uuid4(), statements=["storage_notice"], version=1, digest=policy.digest, form="visit"
        )
        return real(policy, language)

    patch.setattr(policy_pages, "policy_page", accepting)
