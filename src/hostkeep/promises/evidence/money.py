"""Money: that nothing of it is declared, offered or kept but references and the amounts of documents."""

from __future__ import annotations

from hostkeep.billing.calls.gateways import gateway_for
from hostkeep.billing.queries.methods import kept_count
from hostkeep.billing.queries.payments import bank_file_count
from hostkeep.billing.rules.gateways import FINANCIAL
from hostkeep.flows import paying
from hostkeep.kernel.ids import PurposeId
from hostkeep.kernel.words import gettext_noop
from hostkeep.promises.control import Check, Scene, Seen, same_check, verdict

REFERENCE = frozenset({"payment_ref"})


@same_check
def nothing_financial() -> Check:
    """Check that no category of money is declared, and that ways to pay leave a reference and no more."""

    def look(scene: Scene) -> Seen:
        act = scene.act.for_purpose(PurposeId("billing"))
        declared = sorted(FINANCIAL & set(scene.policy.categories))
        ways = paying.gateways_of(act)
        manifests = [gateway_for(way, act.brand).manifest for way in ways]
        more = sorted({each for said in manifests for each in (said.keeps | said.touches) - REFERENCE})
        said = f"{' '.join(ways)}: {' '.join(sorted(REFERENCE))}"
        return verdict(not declared and not more, " ".join([said, *declared, *more]))

    return Check(gettext_noop("Ways to pay leave a reference, and nothing else of money is declared"), look)


@same_check
def nothing_kept() -> Check:
    """Check that no card and no bank file of this brand stands in any table."""

    def look(scene: Scene) -> Seen:
        cards, files = kept_count(scene.brand.id), bank_file_count(scene.brand.id)
        return verdict(not cards and not files, f"{cards} cards, {files} bank files")

    return Check(gettext_noop("No card is kept and no bank file was read"), look)
