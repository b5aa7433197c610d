"""Checks of payments: what they may read, what they read, and that nothing they held back was built."""

from __future__ import annotations

from hostkeep.billing.queries.qualifying import categories_read, held_back
from hostkeep.kernel.ids import CategoryId
from hostkeep.kernel.words import gettext_noop
from hostkeep.policy.vocabulary.terms import family
from hostkeep.promises.control import Check, Scene, Seen, same_check, verdict
from hostkeep.promises.evidence.money import REFERENCE
from hostkeep.provisioning.queries import services_billed_by
from hostkeep.provisioning.rules.lifecycle import State

MONEY = REFERENCE | family(CategoryId("other_financial"))
UNBUILT = frozenset({State.ORDERED, State.CLOSING, State.CLOSED})
OPENS = {
    "payment_ref": frozenset({"qualification", "billing", "dispute", "legal_obligation", "rights"}),
    "solvency": frozenset({"qualification", "billing", "rights"}),
}
"""What financial data serves, with what the law and the person's own rights want."""


@same_check
def reads_money_alone() -> Check:
    """Check that the policy lets a check of a payment read financial data and nothing else."""

    def look(scene: Scene) -> Seen:
        read = {category for category, purpose, _ in scene.policy.table if purpose == "qualification"}
        return verdict(read and read <= MONEY, " ".join(sorted(read)))

    return Check(gettext_noop("The policy lets a check of a payment read financial data alone"), look)


@same_check
def money_serves_checks_and_bills() -> Check:
    """Check that financial data opens for checks and bills, and for what the law and its owner want."""

    def look(scene: Scene) -> Seen:
        more = sorted(
            f"{category} {purpose}"
            for category, purpose, _ in scene.policy.table
            if purpose not in OPENS.get(category, frozenset({purpose}))
        )
        missing = sorted(set(map(CategoryId, OPENS)) - set(scene.policy.categories))
        return verdict(not more and not missing, " ".join([*more, *missing]) or " ".join(sorted(OPENS)))

    return Check(gettext_noop("Financial data opens to check an order and to bill it"), look)


@same_check
def read_money_alone() -> Check:
    """Check that every check that was made read financial data alone."""

    def look(scene: Scene) -> Seen:
        read = categories_read(scene.brand.id)
        return verdict(read <= MONEY, " ".join(sorted(read)) or "-")

    return Check(gettext_noop("Every check noted its inputs by category, all of them financial"), look)


@same_check
def nothing_built_unreviewed() -> Check:
    """Check that nothing of an order that was held back is built before a person let it through."""

    def look(scene: Scene) -> Seen:
        orders = held_back(scene.brand.id)
        states = [each.state for invoice in orders for each in services_billed_by(invoice)]
        built = sum(state not in UNBUILT for state in states)
        return verdict(not built, f"{len(orders)} orders, {built} built")

    return Check(gettext_noop("Nothing of an order that was held back is built before a person looked"), look)
