"""Metered use across rooms: whether it may be counted at all, its bill, and what it will come to.

How a service is used is personal data ("use_time" of the vocabulary), so a brand counts it only where its
policy lets the system read that for billing.  Where the policy is silent no meter is opened and no reading is
taken, whatever a node sends.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from hostkeep.audit.rounds import each_once, go_through
from hostkeep.billing.actions.issuing import issue_invoice
from hostkeep.billing.rules.lines import Line
from hostkeep.brands.applying import versions_for
from hostkeep.brands.queries import policy_by_digest, policy_in_force
from hostkeep.flows.renewing import billed_to, products_of
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import (
    AccountId,
    CategoryId,
    ClauseId,
    InvoiceId,
    PurposeId,
    Ref,
    ServiceId,
    SubjectId,
)
from hostkeep.kernel.money import Money
from hostkeep.kernel.period import Period
from hostkeep.people.queries import account as account_row
from hostkeep.policy.book import Policy
from hostkeep.policy.decide import Ask, decide
from hostkeep.policy.schedule import COLLECTED
from hostkeep.shop.rules.catalogue import MeterEntry, in_language
from hostkeep.subscriptions.actions.limiting import note_reached
from hostkeep.subscriptions.actions.metering import (
    OLDEST,
    Counted,
    Told,
    Used,
    add_meter,
    close_period,
    take_readings,
)
from hostkeep.subscriptions.errors import BadReading, NotMetered
from hostkeep.subscriptions.queries.metering import (
    MeterRow,
    UseDue,
    meters_by_id,
    noted_limits,
    subjects_of,
    use_due,
)
from hostkeep.subscriptions.queries.subscriptions import SubscriptionRow, subscription
from hostkeep.subscriptions.rules.metering import BY_HAND, Meter, Tariff, Tier, charge, checked, expected
from hostkeep.vault.column_door import use_columns

log = structlog.get_logger()

BILLING = PurposeId("billing")
USE = CategoryId("use_time")
TIME_TO_PAY = timedelta(days=7)
AT_ONCE = 500
PATIENCE = timedelta(hours=6)
"""How long after a period's end its last readings may come before it is billed."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a meter comes to.

    used      so far in the period that is not billed yet, in the meter's smallest unit
    expected  of the whole period, if it goes on like this
    now, end  what is owed so far, and what it will be at the period's end, never over the cap
    """

    meter: Meter
    row: MeterRow
    used: int
    expected: int
    now: Money
    end: Money


def priced(entry: MeterEntry, *, currency: str, language: str) -> Meter:
    """Return a meter of the catalogue at its prices in one currency.  Raises BadTariff."""
    tiers = tuple(Tier(tier.up_to, tier.rates[currency], tier.flats[currency]) for tier in entry.tiers)
    tariff = Tariff(entry.model, entry.unit, entry.per, entry.included, tiers)
    return Meter(entry.slug, in_language(entry.label, language), checked(tariff))


def may_count(policy: Policy, *, role: str = "system") -> ClauseId | None:
    """Return None where a policy lets use be counted for billing, else the clause that keeps it out.

    role  who asks: the system counts, a customer or staff look at what was counted
    """
    answer = decide(policy, Ask(USE, BILLING, role))
    if answer.allowed:
        return None
    return next((never.clause for never in policy.never if USE in never.categories), answer.clause)


def kept_for(policy: Policy) -> timedelta:
    """Return how long a policy keeps a reading once it is taken, or OLDEST where no day decides."""
    known = policy.categories.get(USE)
    rule = policy.retention.get(known.keep_class) if known else None
    return OLDEST if rule is None or rule.until != COLLECTED else min(OLDEST, rule.plus + rule.hold)


def demand_counted(act: Act, whose: frozenset[SubjectId], *, role: str = "system") -> None:
    """Refuse where the policy of one of the persons does not let use be counted.

    role  who looks at it; it must be counted by the system as well
    Raises NotMetered, with the clause.
    """
    digests = {row.digest for row in versions_for(act.brand, whose, act.at).values()}
    for digest in digests or {policy_in_force(act.brand, act.at).digest}:
        policy = policy_by_digest(digest)
        clause = may_count(policy) or may_count(policy, role=role)
        if clause is not None:
            raise NotMetered(clause=clause)


def count_for(act: Act, *, of: SubscriptionRow, meters: Sequence[Meter]) -> tuple[UUID, ...]:
    """Open meters for a subscription.  Raises NotMetered, with the clause, where the policy forbids it."""
    if not meters:
        return ()
    demand_counted(act, frozenset({of.subject}))
    under = act.of_brand(of.brand).in_role("system").for_purpose(BILLING)
    return tuple(add_meter(under, subscription=of.id, meter=each).id for each in meters)


def take(act: Act, *, told: Sequence[Told]) -> Counted:
    """Count readings of act.brand's meters, all of them or none.

    Raises NotMetered where the policy of one of their owners does not let use be counted, BadReading for a
    key such as those of readings that staff enter, and what take_readings raises.
    """
    if any(each.once.startswith(BY_HAND) for each in told):
        raise BadReading(why="key")
    demand_counted(act, subjects_of({each.metered for each in told}, brand=act.brand))
    counted = take_readings(act, told=told, oldest=kept_for(policy_in_force(act.brand, act.at)))
    watch_limits(act, meters=counted.ids)
    return counted


def bill_due(act: Act) -> int:
    """Bill what was used in periods that are over; return how many subscriptions had one.

    One that goes wrong does not stop the next; it is tried again by the next run.
    """
    waiting = each_once(
        lambda most: use_due(act.at - PATIENCE, first=most), key=lambda due: due.subscription, page=AT_ONCE
    )
    billed = go_through(
        act, waiting, lambda due: _close(act, due), event="use.not_billed",
        about=lambda due: due.subscription,
    )  # fmt: skip
    return len(billed)


def outlook(act: Act, rows: Sequence[MeterRow]) -> tuple[Outlook, ...]:
    """Say what meters come to now and at the end of their period.  Opened in one batch, for act's purpose."""

    def made(opened: Sequence[Meter | None]) -> tuple[Outlook, ...]:
        told = [(row, meter) for row, meter in zip(rows, opened, strict=True) if meter is not None]
        return tuple(_outlook(row, meter, act.at) for row, meter in told)

    return use_columns(act, wishes=[row.wish for row in rows], fn=made)


def watch_limits(act: Act, *, meters: Sequence[UUID]) -> int:
    """Note each limit of meters that is reached in its period, once; return how many were looked at."""
    limited = [row for row in meters_by_id(meters) if row.cap is not None or row.alert is not None]
    under = act.in_role("system").for_purpose(BILLING)
    noted = noted_limits(limited)
    open_limits = [row for row in limited if _unnoted(row, noted)]
    for each in outlook(under, open_limits):
        for kind, limit in _unnoted(each.row, noted):
            if each.now.minor >= limit.minor:
                note_reached(under, metered=each.row.id, kind=kind, period=each.row.period)
    return len(limited)


def _unnoted(row: MeterRow, noted: Container[tuple[UUID, str]]) -> list[tuple[str, Money]]:
    """Return the limits of a meter that were not noted in its period."""
    limits = (("alert", row.alert), ("cap", row.cap))
    return [(kind, limit) for kind, limit in limits if limit is not None and (row.id, kind) not in noted]


def _close(act: Act, due: UseDue) -> None:
    """Bill one period of one subscription."""
    under = act.of_brand(due.brand).in_role("system").for_purpose(BILLING)
    close_period(under, subscription=due.subscription, period=due.period, bill=_bill)


def _bill(act: Act, of: UUID, period: Period, used: Sequence[Used]) -> InvoiceId | None:
    """Issue the invoice of a period's use, in the running transaction."""
    asked = [each for each in used if each.charge.amount.minor]
    if not asked:
        return None
    row = subscription(of)
    buyer = account_row(AccountId(row.account))
    to, taxed = billed_to(act, [buyer])
    product = products_of(act, [ServiceId(row.service)]).get(row.id, "")
    about = Ref("subscriptions.subscription", row.id)
    lines = [
        taxed[buyer.id].taxed(Line(_title(each), 1, each.charge.amount, 0, about, period), product)
        for each in asked
    ]
    once = f"use:{row.id.hex}:{int(period.start.timestamp())}"
    return issue_invoice(act, to=to[buyer.id], lines=lines, due_in=TIME_TO_PAY, once=once).id


def _title(used: Used) -> str:
    """Say on paper what was used: "Traffic out: 150.5 GB"."""
    whole, rest = divmod(used.quantity * 1000 // used.per, 1000)
    amount = f"{whole}.{rest:03d}".rstrip("0").rstrip(".")
    return f"{used.title}: {amount} {used.unit}"[:200]


def _outlook(row: MeterRow, meter: Meter, at: datetime) -> Outlook:
    """Say what one meter comes to."""
    later = expected(row.open, row.period, at=at)
    now = charge(meter.tariff, row.open, row.currency, cap=row.cap).amount
    end = charge(meter.tariff, later, row.currency, cap=row.cap).amount
    return Outlook(meter, row, row.open, later, now, end)
