"""Writing down what a registry answered about a buyer's number."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from hostkeep.audit.recorded import recorded
from hostkeep.billing.models import NumberCheck
from hostkeep.billing.queries.number_checks import mark_of
from hostkeep.billing.rules.taxing.numbers import is_fresh
from hostkeep.billing.rules.taxing.placing import NumberState
from hostkeep.drivers.tax_numbers import Answer, NoAnswer, Registered
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, Ref


@dataclass(frozen=True, slots=True)
class Checked:
    """An answer that is written down.  state: "valid", "invalid" or "unknown"."""

    id: UUID
    state: str

    @property
    def ref(self) -> Ref:
        """The check."""
        return Ref("billing.number_check", self.id)


@recorded("billing.tax_number.checked")
def record_check(act: Act, *, account: AccountId, number: str, answer: Answer, days: int) -> Checked:
    """Write an answer about an account's number, in place of the one before; other numbers' answers go.

    number  whole; its mark is kept, never the number
    days    for how long a yes or a no holds: while it does, no answer changes nothing

    Safe to call twice.
    """
    mark = mark_of(act.brand, number)
    NumberCheck.objects.filter(account=account).exclude(mark=mark).delete()
    fresh = NumberCheck(
        brand=act.brand, account=account, mark=mark, state=_state(answer), proof=_proof(answer),
        checked_at=act.at,
    )  # fmt: skip
    NumberCheck.objects.bulk_create([fresh], ignore_conflicts=True)
    row = NumberCheck.objects.select_for_update().get(account=account, mark=mark)
    holds = row.state != "unknown" and is_fresh(row.state, row.checked_at, act.at, days=days)
    if not (isinstance(answer, NoAnswer) and holds):
        row.state, row.proof, row.checked_at = fresh.state, fresh.proof, act.at
        row.save(update_fields=["state", "proof", "checked_at"])
    return Checked(row.id, row.state)


@recorded("billing.tax_number.marked_anew")
def mark_anew(act: Act, *, account: AccountId, number: str, before: str) -> Checked:
    """Know a number by the mark of the newest key, where it was known by an older one; its answer stays.

    before  the older mark
    """
    mark = mark_of(act.brand, number)
    taken = NumberCheck.objects.filter(account=account, mark=mark).exists()
    rows = NumberCheck.objects.filter(account=account, mark=before)
    if taken:
        rows.delete()
    else:
        rows.update(mark=mark)
    row = NumberCheck.objects.filter(account=account, mark=mark).first()
    return Checked(row.id, row.state) if row else Checked(UUID(str(account)), "unknown")


@recorded("billing.tax_number.forgotten")
def forget_check(act: Act, *, account: AccountId) -> Checked:
    """Drop what was answered about an account's number: it has none any more, or another."""
    del act
    NumberCheck.objects.filter(account=account).delete()
    return Checked(UUID(str(account)), "unknown")


def _state(answer: Answer) -> NumberState:
    """Return what an answer says of the number."""
    if isinstance(answer, NoAnswer):
        return "unknown"
    return "valid" if isinstance(answer, Registered) else "invalid"


def _proof(answer: Answer) -> str:
    """Return the registry's id of an answer, or an empty text."""
    return "" if isinstance(answer, NoAnswer) else answer.proof
