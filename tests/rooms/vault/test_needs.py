"""What a clause demands of the asker: a reason, a case, a grant; what nobody checks is not brought along."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from hostkeep.audit.models import Entry
from hostkeep.kernel.ids import CategoryId, SubjectId
from hostkeep.vault import asking, door
from hostkeep.vault.nyms import nym_of
from tests.conftest import make_act

EMAIL = CategoryId("email")
CASE = uuid4()


@pytest.fixture
def ann(db: None) -> SubjectId:
    subject = SubjectId(uuid4())
    door.put(make_act("visitor", "account", brand="vpn"), subject=subject, category=EMAIL, value="ann@example.test")
    return subject


@pytest.fixture
def cases(ann: SubjectId) -> Iterator[None]:
    """A room that knows one open case, of one person."""
    door.case_open_by(lambda act, subject, category, case: (subject, case) == (ann, CASE) and act.role == "abuse")
    yield
    asking._checkers.clear()


def asks(subject: SubjectId, reason: str = "a complaint came", case: UUID | None = None, role: str = "abuse"):
    act = make_act(role, "terms_breach", brand="vpn")
    return door.reveal(act, subject=subject, category=EMAIL, reason=reason, case=case)


def why(subject: SubjectId, **told) -> str:
    with pytest.raises(door.Refused) as no:
        asks(subject, **told)
    (entry,) = Entry.objects.using("audit").filter(verb="vault.value.refused", thing=nym_of(subject))
    assert (entry.category, entry.clause) == ("email", no.value.clause)
    assert not Entry.objects.using("audit").filter(verb="vault.value.revealed", thing=nym_of(subject)).exists()
    return str(no.value.facts["why"])


def test_a_case_that_nobody_can_check_is_no_case(ann: SubjectId) -> None:
    assert why(ann, case=CASE) == "needs:case"


def test_without_a_case_it_is_refused(ann: SubjectId, cases: None) -> None:
    assert why(ann) == "needs:case"


def test_a_case_that_is_not_open_is_refused(ann: SubjectId, cases: None) -> None:
    assert why(ann, case=uuid4()) == "needs:case"


def test_a_case_of_somebody_else_is_refused(ann: SubjectId, cases: None) -> None:
    binh = SubjectId(uuid4())
    door.put(make_act("visitor", "account", brand="vpn"), subject=binh, category=EMAIL, value="binh@example.test")

    assert why(binh, case=CASE) == "needs:case"


@pytest.mark.parametrize("reason", ["", " ", "\n\t", ".", "--", "x", "?!"])
def test_a_reason_has_a_word_in_it(ann: SubjectId, cases: None, reason: str) -> None:
    assert why(ann, reason=reason, case=CASE) == "needs:reason"


def test_with_both_it_opens(ann: SubjectId, cases: None) -> None:
    sealed = asks(ann, case=CASE)

    assert sealed is not None
    assert sealed.open() == "ann@example.test"


def test_the_reason_stands_nowhere(ann: SubjectId, cases: None) -> None:
    asks(ann, reason="the neighbour of Ann Canary rang", case=CASE)

    for entry in Entry.objects.using("audit").filter(thing=nym_of(ann)):
        assert "neighbour" not in " ".join(str(getattr(entry, field.attname)) for field in entry._meta.fields)


def test_a_reason_is_no_letter(ann: SubjectId) -> None:
    with pytest.raises(asking.ReasonTooLong):
        asks(ann, reason="x" * 2001)


def test_nobody_vouches_for_a_reason_or_a_consent() -> None:
    for need in ("reason", "consent", "anything"):
        with pytest.raises(ValueError, match="no handle"):
            door.checked_by(need, lambda *_: True)


def test_a_grant_is_asked_for_like_a_case(db: None) -> None:
    subject, content = SubjectId(uuid4()), CategoryId("content")
    act = make_act("support", "support", brand="vietnam-server")
    with pytest.raises(door.Refused) as no:
        door.reveal(act, subject=subject, category=content, reason="they asked", case=CASE)
    assert no.value.facts["why"] == "needs:grant"

    door.checked_by("grant", lambda _act, who, what, grant: (who, what, grant) == (subject, content, CASE))
    try:
        assert door.reveal(act, subject=subject, category=content, case=CASE) is None
    finally:
        asking._checkers.clear()
