"""Giving back what is left of a price that was paid: out of the very lines that billed it.

A line that was billed bears the tax of its day and of where its buyer was then: a credit note of it takes
that tax back with it, wherever the buyer is by now, and never is more given back than was billed.
Source: Council Directive 2006/112/EC, art. 90 (the taxable amount is reduced where the price is, afterwards).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from django.db import transaction

from hostkeep.billing.actions.correcting import Part, credit_lines
from hostkeep.billing.actions.reconciling import note_not_given
from hostkeep.billing.errors.documents import NotCorrectable, NothingToCredit, OverCredit
from hostkeep.billing.queries.billed import BilledDocument, documents_about
from hostkeep.billing.queries.corrections import lines_left
from hostkeep.billing.queries.invoices import currency_of, invoice_by_once
from hostkeep.billing.rules.correcting import LineLeft, take
from hostkeep.billing.rules.reasons import Reason
from hostkeep.flows.order_lines import ADD_ON as ORDERED
from hostkeep.flows.taxing import Taxing, taxing_of
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, InvoiceId, PurposeId
from hostkeep.kernel.money import Money, halves_away, total
from hostkeep.kernel.period import Period
from hostkeep.provisioning.errors import NoSuchService
from hostkeep.provisioning.queries import service
from hostkeep.subscriptions.queries.add_ons import past_of
from hostkeep.subscriptions.queries.changes import paid_upgrades
from hostkeep.subscriptions.queries.subscriptions import SubscriptionRow, periods_of
from hostkeep.subscriptions.rules.changing import Change, GivenBack, Share

log = structlog.get_logger()

BILLING = PurposeId("billing")
"""The alarm about what somebody was to have back and no line had any more."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What was billed of a subscription, for what is given back of it.

    documents   its invoices, newest first
    upgrades    changes of it that were paid
    order_line  what its first period was ordered by, and `first`: that period, where it is one of the newest
    taxing      how its brand's list prices become prices of invoices
    pieces      what lines are about that bill add-ons, and how many of each there are at most
    """

    subscription: UUID
    documents: Sequence[BilledDocument]
    upgrades: frozenset[UUID]
    order_line: UUID | None
    first: Period | None
    product: str
    taxing: Taxing
    pieces: Mapping[UUID, int]


def ground_of(act: Act, row: SubscriptionRow, *, product: str) -> Ground:
    """Gather what was billed of a subscription.  product: slug of what is had, by which it is taxed."""
    upgrades = frozenset(paid_upgrades(row.id))
    order_line, first = _ordered(row)
    documents = documents_about(row.account, {row.id, *upgrades, *([order_line] if order_line else [])})
    pieces: dict[UUID, int] = {}
    for had in past_of(act, row.id):
        pieces |= {line: max(had.quantity, pieces.get(line, 0)) for line in had.lines}
    return Ground(row.id, documents, upgrades, order_line, first, product, taxing_of(act, None), pieces)


def _ordered(row: SubscriptionRow) -> tuple[UUID | None, Period | None]:
    """Return what a service was ordered by, and the first period, if it is one of the newest."""
    try:
        bought = service(row.service)
    except NoSuchService:
        return None, None
    first = (each.period for each in periods_of(row.id) if each.invoice == bought.invoice)
    return bought.order_line, next(first, None)


def back_of(
    ground: Ground, change: Change, own: frozenset[UUID] = frozenset()
) -> tuple[GivenBack, ...]:
    """Say of which lines a change takes something back: of each period's own, the newest first.

    own  of an add-on: what the lines are about that bill it; other lines come after them, and those of
         add-ons last where it is the plan that costs less

    Less than the change comes to where less was billed, or something was taken back before.
    """
    rest, taken = change.back, dict[tuple[UUID, int], int]()
    for share in reversed(change.shares):
        wanted = min(-share.turn.due.minor, rest.minor)
        for document, line in _lines_of(ground, share, own):
            if wanted <= 0:
                break
            as_billed = ground.taxing.price_at(
                Money(wanted, rest.currency), rate=line.line.tax_rate, product=ground.product
            ).minor
            got = min(as_billed, _most(ground, document, line, taken))
            if got > 0:
                key = (document.id, line.position)
                taken[key] = taken.get(key, 0) + got
                listed = halves_away(wanted * got, as_billed)
                wanted, rest = wanted - listed, Money(rest.minor - listed, rest.currency)
    return tuple(GivenBack(invoice, position, minor) for (invoice, position), minor in taken.items())


def gross_of(ground: Ground, back: Sequence[GivenBack], nothing: Money) -> Money:
    """Return what is given back with its tax.  nothing: of the currency."""
    known = {document.id: document for document in ground.documents}
    sums = [
        take(known[invoice].lines, parts, prices=known[invoice].prices).sums.gross
        for invoice, parts in _by_invoice(back).items()
    ]
    return total(sums, nothing.currency)


def give_back(act: Act, change: UUID, back: Sequence[GivenBack], *, of: AccountId) -> None:
    """Write the credit notes of a change, each once.

    act  in role "system", for purpose "billing"
    What somebody else took back of a line in the meantime is not given twice: what is left of it is given,
    and of the rest an alarm rings and staff has a line under Books.
    """
    with transaction.atomic():
        short = [
            _credited(act, invoice, parts, reason="changed", once=f"back:{change}:{n}")
            for n, (invoice, parts) in enumerate(_by_invoice(back).items())
        ]
        _note(act, of, short, why=change)


def _credited(
    act: Act, invoice: InvoiceId, parts: Mapping[int, Money], *, reason: Reason, once: str
) -> Money | None:
    """Write one credit note, once; return what could not be given of it, None where that is nothing."""
    if invoice_by_once(once) is not None:
        return None
    whole = total(list(parts.values()), currency_of(invoice))
    for given in (parts, _left_of(invoice, parts)):
        lines = [Part(position, amount) for position, amount in given.items()]
        try:
            credit_lines(act, invoice=invoice, parts=lines, reason=reason, once=once)
        except (OverCredit, NothingToCredit) as refusal:
            log.warning("change.not_given_back", invoice=str(invoice), code=refusal.code, trace=act.trace)
            continue
        except NotCorrectable:  # a canary's: nobody's money
            return None
        rest = whole - total(list(given.values()), whole.currency)
        return rest if rest.minor else None
    return whole if whole.minor else None


def _left_of(invoice: InvoiceId, parts: Mapping[int, Money]) -> dict[int, Money]:
    """Return parts of lines as far as these and their rates have something left."""
    lines, found = lines_left(invoice), dict[int, Money]()
    for line in lines:
        wanted = parts.get(line.position)
        if wanted is None:
            continue
        alike = [each for each in lines if each.line.taxed == line.line.taxed]
        of_rate = total([each.left for each in alike], wanted.currency).minor
        of_rate -= sum(found[each.position].minor for each in alike if each.position in found)
        got = min(wanted.minor, line.left.minor, of_rate)
        if got > 0:
            found[line.position] = Money(got, wanted.currency)
    return found


def _note(act: Act, of: AccountId, short: Sequence[Money | None], *, why: UUID) -> None:
    """Note what could not be given, if anything, and ring for it, once."""
    left = [each for each in short if each is not None]
    if left:
        note_not_given(act, account=of, amount=total(left, left[0].currency), why=why)


def late_key(change: UUID) -> str:
    """Return the key of the invoice over what was billed without a change while it waited."""
    return f"late:{change}"


def late_invoices(subscription: UUID) -> tuple[InvoiceId, ...]:
    """Return the documents over what was billed without changes of a subscription while they waited."""
    found = (invoice_by_once(late_key(change)) for change in paid_upgrades(subscription))
    return tuple(each for each in found if each is not None)


def give_back_after(act: Act, row: SubscriptionRow, end: datetime) -> None:
    """Give back what changes of a subscription were paid for time after its end, which has come; once.

    act  in role "system", for purpose "billing"
    Before the end it stays: who keeps what was to end has paid for it.
    """
    with transaction.atomic():
        short = [
            _credited(act, document.id, parts, reason="cancelled", once=f"after:{document.id}")
            for document in documents_about(row.account, paid_upgrades(row.id))
            if (parts := _after(document, end))
        ]
        _note(act, row.account, short, why=row.id)


def _after(document: BilledDocument, end: datetime) -> dict[int, Money]:
    """Return what is left of a document's lines that bill time after an end, by position."""
    return {
        line.position: line.left
        for line in document.lines
        if line.line.period is not None and line.line.period.start >= end and line.left.minor > 0
    }


def _by_invoice(back: Sequence[GivenBack]) -> Mapping[InvoiceId, Mapping[int, Money]]:
    """Return what is taken back of each invoice, by position."""
    found: dict[InvoiceId, dict[int, Money]] = defaultdict(dict)
    for each in back:
        invoice = InvoiceId(each.invoice)
        found[invoice][each.position] = Money(each.minor, currency_of(invoice))
    return found


def _lines_of(
    ground: Ground, share: Share, own: frozenset[UUID]
) -> Sequence[tuple[BilledDocument, LineLeft]]:
    """Return the lines that billed a period, newest first: upgrades of it come after its own."""
    found = [
        (document, line) for document in ground.documents for line in document.lines
        if line.line.amount.minor > 0 and _bills(ground, share, line)
    ]  # fmt: skip
    if own:
        return sorted(found, key=lambda each: each[1].line.about.id not in own)
    return sorted(found, key=lambda each: each[1].line.about.id in ground.pieces)


def _bills(ground: Ground, share: Share, line: LineLeft) -> bool:
    """Say whether a line bills a period.  What is due once bills none."""
    about, span = line.line.about, line.line.period
    if about.id in ground.upgrades:  # one from before upgrades told their periods bills all that was left
        return span is None or (span.end == share.billed.end and span.start >= share.billed.start)
    if about.id == ground.order_line or (about.kind == ORDERED and about.id in ground.pieces):
        return span is not None and share.billed == ground.first
    return about.id in {ground.subscription, *ground.pieces} and span == share.billed


def _most(
    ground: Ground, document: BilledDocument, line: LineLeft, taken: Mapping[tuple[UUID, int], int]
) -> int:
    """Return how much a line may give: of one service, no more than discounts leave of its rate."""
    alike = [each for each in document.lines if each.line.taxed == line.line.taxed]
    of_rate = sum(each.left.minor - taken.get((document.id, each.position), 0) for each in alike)
    pieces = min(line.line.quantity, ground.pieces.get(line.line.about.id, 1))
    most = min(line.line.unit.minor * pieces, line.left.minor)
    return max(0, min(most - taken.get((document.id, line.position), 0), of_rate))
