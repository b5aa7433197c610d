"""Credit that its owner puts in: a wish to pay with nothing but credit behind it.

No invoice follows from it: what it will buy, and so whose tax at which rate, is not known yet.  The tax is
owed when credit pays an invoice.  Sources and reasons: docs/decisions/2026-11-27-credit.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import cast
from uuid import UUID, uuid4

from django.db.models import Sum

from hostkeep.audit.recorded import recorded
from hostkeep.billing import purse
from hostkeep.billing.booking import owed_on
from hostkeep.billing.errors.credit import BadCredit, BadTogether, CreditDiffers, NoSuchTopUp, NoTopUps
from hostkeep.billing.errors.documents import AlreadyPaid, NoSuchInvoice
from hostkeep.billing.models import PaymentAttempt, TopUp
from hostkeep.billing.references import TOP_UP, random_reference
from hostkeep.billing.rules.attempts import AttemptState, Begun
from hostkeep.billing.rules.crediting import Limits, read_limits
from hostkeep.billing.together import meant_by, owed_together, payable_of
from hostkeep.brands.queries import brand
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, InvoiceId, Ref
from hostkeep.kernel.money import Money, money

MOST_TOGETHER = 50
"""Documents of one payment."""

UNDER_WAY = timedelta(days=1)
"""How long money that was asked of a gateway counts as coming, for the cap."""


@dataclass(frozen=True, slots=True)
class TopUpBegun:
    """A top-up that waits for its money.  reference: what a payer writes on a bank transfer."""

    id: UUID
    amount: Money
    reference: str
    again: bool

    @property
    def ref(self) -> Ref:
        """The top-up."""
        return Ref("billing.top_up", self.id)


@recorded("billing.top_up.begun")
def begin_top_up(act: Act, *, of: AccountId, amount: Money, once: str) -> TopUpBegun:
    """Open a top-up of an account's credit.

    amount  in a currency of the brand's, within its limits
    once    idempotency key, at most 64 characters

    Writes a TopUp.  Raises NoTopUps, BadCredit ("currency", "least", "most" or "cap"), CreditDiffers.
    """
    limits = _limits(act, amount)
    if amount.minor < limits.least.minor:
        raise BadCredit(why="least", limit=limits.least.minor)
    if amount.minor > limits.most.minor:
        raise BadCredit(why="most", limit=limits.most.minor)
    row = TopUp(
        id=uuid4(), once=once, brand=act.brand, account=of, minor=amount.minor, currency=amount.currency.code,
        reference=random_reference(TOP_UP), created_at=act.at,
    )  # fmt: skip
    if (known := TopUp.objects.filter(once=once).first()) is None:
        _demand_below_cap(act, row, limits)
        TopUp.objects.bulk_create([row], ignore_conflicts=True)
        known = TopUp.objects.get(once=once)
    if (known.brand, known.account, known.minor, known.currency) != (act.brand, of, row.minor, row.currency):
        raise CreditDiffers(entry=str(known.id))
    return TopUpBegun(known.id, amount, known.reference, again=known.id != row.id)


@recorded("billing.together.begun")
def begin_together(
    act: Act, *, of: AccountId, invoices: Sequence[InvoiceId], expected: Money, once: str
) -> TopUpBegun:
    """Open a payment of several of an account's documents at once, in one currency.

    invoices  1 to 50; expected: what its owner was shown that they come to
    once      idempotency key, at most 64 characters

    One that waits for the same documents and amount is given back instead.  Writes a TopUp that is meant for
    them: what comes goes on them, the first due first, and what is left over is credit.
    Raises BadTogether ("none", "many", "currency" or "sum"), NoSuchInvoice, AlreadyPaid, CreditDiffers.
    """
    wanted = list(dict.fromkeys(invoices))
    if not 1 <= len(wanted) <= MOST_TOGETHER:
        raise BadTogether(why="many" if wanted else "none")
    rows = [row for row in payable_of(of, wanted) if row.brand == act.brand]
    if len(rows) != len(wanted):
        raise NoSuchInvoice
    if any(row.currency != expected.currency.code for row in rows):
        raise BadTogether(why="currency")
    for row in rows:
        if owed_on(row).minor <= 0:
            raise AlreadyPaid(invoice=str(row.id))
    amount = owed_together(rows, expected.currency, owed_on)
    if amount != expected:
        raise BadTogether(why="sum")
    wanted_row = TopUp(
        id=uuid4(), once=once, brand=act.brand, account=of, minor=amount.minor, currency=amount.currency.code,
        reference=random_reference(TOP_UP), meant_for=[str(row.id) for row in rows], created_at=act.at,
    )  # fmt: skip
    stands = _opened(wanted_row)
    return TopUpBegun(stands.id, amount, stands.reference, again=stands.id != wanted_row.id)


def _opened(wanted: TopUp) -> TopUp:
    """Return what waits for the same documents and amount, or else write it.

    Raises CreditDiffers: its key stands for others, or is another account's.
    """
    same = {
        name: getattr(wanted, name) for name in ("brand", "account", "minor", "currency", "meant_for")
    }  # fmt: skip
    waits = TopUp.objects.filter(**same, paid_at=None).exclude(once=wanted.once).first()
    keyed = TopUp.objects.filter(once=wanted.once)
    if waits is not None and not keyed.exists():
        return waits
    TopUp.objects.bulk_create([wanted], ignore_conflicts=True)
    stands = keyed.get()
    if any(getattr(stands, name) != each for name, each in same.items()):
        raise CreditDiffers(entry=str(stands.id))
    return stands


@recorded("billing.top_up.payment_begun")
def begin_top_up_payment(act: Act, *, of: AccountId, top_up: UUID, gateway: str) -> Begun:
    """Open an attempt to pay a top-up, before the gateway is asked.

    gateway  one that the brand offers; the flow has checked it

    An open attempt at the same gateway is given back instead.  Writes a PaymentAttempt.
    Raises NoSuchTopUp, AlreadyPaid, BadCredit("cap"), NoTopUps; and BadTogether("sum") of one that is meant
    for documents of which another sum is owed by now.
    """
    row = TopUp.objects.select_for_update().filter(id=top_up, brand=act.brand, account=of).first()
    if row is None:
        raise NoSuchTopUp
    if row.paid_at is not None:
        raise AlreadyPaid(top_up=str(top_up))
    amount = money(row.minor, row.currency)
    if row.meant_for and owed_together(meant_by(row), amount.currency, owed_on) != amount:
        raise BadTogether(why="sum")
    found = PaymentAttempt.objects.filter(top_up=row, gateway=gateway, state__in=["waiting", "unknown"])
    if (attempt := found.first()) is None:
        if not row.meant_for:
            _demand_below_cap(act, row, _limits(act, amount))
        attempt = PaymentAttempt.objects.create(
            once=f"pay-{uuid4().hex}", brand=act.brand, top_up=row, gateway=gateway, minor=row.minor,
            currency=row.currency, created_at=act.at, shown_at=act.at,
        )  # fmt: skip
    else:
        attempt.shown_at = act.at
        attempt.save(update_fields=["shown_at"])
    state = cast("AttemptState", attempt.state)
    return Begun(attempt.id, attempt.once, gateway, amount, row.reference, state, attempt.handle)


def _limits(act: Act, amount: Money) -> Limits:
    """Return how much may be put in at act.brand in a currency.  Raises NoTopUps, BadCredit."""
    seller = brand(act.brand)
    limits = read_limits(seller.words, amount.currency)
    if limits is None:
        raise NoTopUps
    if amount.currency.code not in seller.currencies:
        raise BadCredit(why="currency")
    return limits


def _demand_below_cap(act: Act, row: TopUp, limits: Limits) -> None:
    """Refuse what would lift an account's credit over the cap, with what is already on its way to it.

    Two that are asked for in the same instant may both pass: money that comes is kept in any case, and the
    cap is there so that nobody keeps savings here.
    """
    coming = PaymentAttempt.objects.filter(
        top_up__account=row.account, currency=row.currency, state__in=["waiting", "unknown"],
        created_at__gt=act.at - UNDER_WAY, top_up__meant_for__isnull=True,
    ).exclude(top_up=row.id).aggregate(sum=Sum("minor"))["sum"]  # fmt: skip
    there = purse.held(AccountId(row.account), limits.cap.currency)
    if there.minor + (coming or 0) + row.minor > limits.cap.minor:
        raise BadCredit(why="cap", limit=limits.cap.minor)
