"""Checks of payments: what one came to, and what a person says of an order that was held back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast
from uuid import UUID, uuid4

from hostkeep.audit.enter import enter
from hostkeep.audit.recorded import recorded
from hostkeep.billing.errors.checks import CheckDecided, NoSuchCheck, NotForPrograms
from hostkeep.billing.events import OrderHeldBack, OrderReviewed
from hostkeep.billing.models import PaymentCheck
from hostkeep.billing.rules.qualifying import Decision, Outcome, Verdict
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, InvoiceId, OrderId, Ref
from hostkeep.runtime.outbox import publish

REVIEWERS = frozenset({"owner", "billing"})


@dataclass(frozen=True, slots=True)
class Checked:
    """A check as it stands.  decision: empty where nobody decided, and where nothing is to be decided."""

    id: UUID
    outcome: Outcome
    decision: Decision

    @property
    def ref(self) -> Ref:
        """The check."""
        return Ref("billing.check", self.id)


@recorded("billing.check.made")
def note_check(
    act: Act, *, invoice: InvoiceId, account: AccountId, order: OrderId, verdict: Verdict
) -> Checked:
    """Write down what the check of an order came to, once an order; a second one changes nothing.

    Publishes OrderHeldBack where it refused.  The outcome is entered in the audit as well.
    """
    fresh = PaymentCheck(
        id=uuid4(), invoice_id=invoice, brand=act.brand, account=account, order=order,
        outcome=verdict.outcome, rule=verdict.rule, categories=" ".join(verdict.categories),
        checked_at=act.at,
    )  # fmt: skip
    PaymentCheck.objects.bulk_create([fresh], ignore_conflicts=True)
    row = PaymentCheck.objects.get(invoice=invoice)
    done = _checked(row)
    if row.id == fresh.id:
        enter(act, f"billing.check.{row.outcome}", done.ref)
        if row.outcome == "refused":
            publish(act, OrderHeldBack(row.id, account))
    return done


@recorded("billing.check.let_through")
def let_through(act: Act, *, check: UUID) -> Checked:
    """Say, as a person, that an order which was held back is sound.

    Publishes OrderReviewed.  Raises NoSuchCheck, CheckDecided, NotForPrograms.
    """
    return _decide(act, check, "let_through")


@recorded("billing.check.order_refused")
def refuse_order(act: Act, *, check: UUID) -> Checked:
    """Say, as a person, that an order which was held back is refused for good.

    Publishes OrderReviewed.  Raises NoSuchCheck, CheckDecided, NotForPrograms.
    """
    return _decide(act, check, "refused")


def _decide(act: Act, check: UUID, decision: Decision) -> Checked:
    """Write down a person's decision, once."""
    if act.role not in REVIEWERS or not act.actor.startswith("staff:"):
        raise NotForPrograms
    row = PaymentCheck.objects.select_for_update().filter(id=check, brand=act.brand).first()
    if row is None:
        raise NoSuchCheck
    if row.outcome != "refused" or row.decision:
        raise CheckDecided
    row.decision, row.decided_by, row.decided_at = decision, act.actor, act.at
    row.save(update_fields=["decision", "decided_by", "decided_at"])
    publish(act, OrderReviewed(row.id, AccountId(row.account)))
    return _checked(row)


def _checked(row: PaymentCheck) -> Checked:
    """Say how a check stands."""
    return Checked(row.id, cast("Outcome", row.outcome), cast("Decision", row.decision))
