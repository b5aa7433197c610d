"""The ids of movements at the bank: written down, found again, and what is in doubt under them.

Only modules of `billing.actions` call this.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet

from hostkeep.billing.models import BankId, Doubt, Payment
from hostkeep.billing.rules.doubting import may_be_one
from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Movement:
    """What a bank file tells of one movement, by which it is looked for.

    told    kind and proof of each id that the file tells of it, the best first
    ids     all proofs under which it may stand, those of told among them
    beside  proofs of what else of the same day and amount stands in the file: that is something else
    """

    brand: BrandId
    gateway: str
    amount: Money
    booked_on: date
    told: tuple[tuple[str, str], ...]
    ids: frozenset[str]
    beside: frozenset[str]
    references: frozenset[str]


def payment_known_as(move: Movement) -> Payment | None:
    """Return the payment of this day and amount that stands under one of the ids, not as its own proof."""
    found = _alike(move).filter(bank_ids__proof__in=move.ids)
    return found.order_by("proof").first()


def doubt_known_as(move: Movement) -> Doubt | None:
    """Return what is in doubt under one of the ids, or was, of this day and amount."""
    found = Doubt.objects.filter(
        brand=move.brand, gateway=move.gateway, booked_on=move.booked_on, minor=move.amount.minor,
        currency=move.amount.currency.code,
    )  # fmt: skip
    return found.filter(Q(proof__in=move.ids) | Q(bank_ids__proof__in=move.ids)).order_by("proof").first()


def may_stand_as(move: Movement) -> Payment | None:
    """Return a payment that may be the very movement, though they have no id in common; None where none may.

    The one with the same reference first.
    """
    rows = list(_alike(move).exclude(proof__startswith="gone:").order_by("received_at", "id"))
    ids: dict[object, list[BankId]] = {row.id: [] for row in rows}
    for each in BankId.objects.filter(payment__in=rows):
        ids[each.payment_id].append(each)
    kinds = [kind for kind, _ in move.told]
    fitting = [
        row for row in rows
        if not ({row.proof, *(each.proof for each in ids[row.id])} & move.beside) and may_be_one(
            [each.kind for each in ids[row.id]], kinds, reference=row.reference, references=move.references
        )
    ]  # fmt: skip
    return min(fitting, key=lambda row: row.reference not in move.references, default=None)


def keep_ids(payment: Payment, told: Sequence[tuple[str, str]]) -> None:
    """Write down under which ids a payment stands in bank files; those that are known stay."""
    rows = [BankId(kind=kind, proof=proof, payment=payment) for kind, proof in told]
    BankId.objects.bulk_create(rows, ignore_conflicts=True)


def keep_ids_of_doubt(doubt: Doubt, told: Sequence[tuple[str, str]]) -> None:
    """Write down under which ids something in doubt stands."""
    rows = [BankId(kind=kind, proof=proof, doubt=doubt) for kind, proof in told]
    BankId.objects.bulk_create(rows, ignore_conflicts=True)


def hand_ids_on(doubt: Doubt, payment: Payment) -> None:
    """Let the ids of what was in doubt be those of a payment from now on."""
    known: Collection[str] = BankId.objects.filter(payment=payment).values_list("proof", flat=True)
    BankId.objects.filter(doubt=doubt).exclude(proof__in=list(known)).update(payment=payment, doubt=None)


def end_doubt(move: Movement, payment: Payment, at: datetime) -> None:
    """Take what is in doubt under an id of a payment as that payment: a file told that it has both ids."""
    known = doubt_known_as(move)
    if known is None:
        return
    # A person may be deciding it this moment: what they said stays.
    doubt = Doubt.objects.select_for_update().get(id=known.id)
    if doubt.state == "waiting":
        hand_ids_on(doubt, payment)
        doubt.state, doubt.payment, doubt.decided_at = "same", payment, at
        doubt.save(update_fields=["state", "payment", "decided_at"])


def _alike(move: Movement) -> QuerySet[Payment]:
    """Return the payments of a movement's brand, day and amount."""
    return Payment.objects.filter(
        brand=move.brand, gateway=move.gateway, booked_on=move.booked_on, minor=move.amount.minor,
        currency=move.amount.currency.code,
    )  # fmt: skip
