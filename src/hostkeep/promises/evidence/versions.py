"""The versions of a policy as they stand: numbered, dated, each true to its own text and to its notice."""

from __future__ import annotations

from dataclasses import dataclass

from hostkeep.brands.applying import before
from hostkeep.brands.preparing import signers_of, source_of
from hostkeep.brands.queries import VersionRow, policy_by_digest, versions_of
from hostkeep.brands.rules.notice import earliest
from hostkeep.brands.rules.texts import content_of
from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.words import gettext_noop
from hostkeep.policy.canonical import digest_of
from hostkeep.policy.changes import weigh
from hostkeep.promises.control import Check, Scene, Seen, same_check, verdict
from hostkeep.promises.pages import read_page

HISTORY = "/privacy/history/"
SIGNERS = 2


@dataclass(frozen=True, slots=True)
class Owed:
    """What a version should have been.  weight: as it is computed now, from the texts alone."""

    row: VersionRow
    weight: str
    kept: bool


@same_check
def notices_kept() -> Check:
    """Check, from the texts alone, that every version was weighed rightly and waited as long as was owed."""

    def look(scene: Scene) -> Seen:
        rows = [_owed(scene.brand.id, row) for row in versions_of(scene.brand.id)]
        broken = [str(each.row.version) for each in rows if not each.kept]
        return verdict(not broken, f"{len(rows) - len(broken)}/{len(rows)} {' '.join(broken)}".strip())

    return Check(
        gettext_noop("Every version was weighed rightly and kept the notice of the one before it"),
        look,
    )


@same_check
def texts_unchanged() -> Check:
    """Check that the stored text of each version still has the fingerprint that was announced."""

    def look(scene: Scene) -> Seen:
        rows = versions_of(scene.brand.id)
        false = [row for row in rows if _fingerprint(scene.brand.id, row.version) != row.digest]
        return verdict(not false, f"{len(rows) - len(false)}/{len(rows)}")

    return Check(
        gettext_noop("The stored text of every version has the fingerprint that was announced"),
        look,
    )


def mode_is(mode: str) -> Check:
    """Check how the policy in force says that the next version comes."""

    def look(scene: Scene) -> Seen:
        notice = scene.policy.notice
        return verdict(notice.mode == mode, f"{notice.mode}, {notice.period.days} days")

    return Check(gettext_noop("The policy in force says how the next version comes"), look)


@same_check
def history_lists_all() -> Check:
    """Check that the history page lists every version with its fingerprint."""

    def look(scene: Scene) -> Seen:
        words = read_page(scene.browser().get(f"{HISTORY}?lang=en").body).words
        rows = versions_of(scene.brand.id)
        found = [row for row in rows if row.digest in words]
        return verdict(len(found) == len(rows), f"{len(found)}/{len(rows)}")

    return Check(gettext_noop("The history lists every version with its fingerprint"), look)


def _owed(brand: BrandId, row: VersionRow) -> Owed:
    """Weigh a version anew against the one that was in force when it was announced."""
    held = before(brand, row)
    if held is None:
        return Owed(row, "first", row.version == 1)
    old, new = policy_by_digest(held.digest), policy_by_digest(row.digest)
    found = weigh(old, new)
    signed = signers_of(brand, digest=row.digest, against=held.digest) >= SIGNERS
    light = not found.material or (not found.beyond_wording and signed)
    first = earliest(old.notice, row.announced_at, material=row.material or not light)
    return Owed(row, "minor" if light else "material", row.effective_at >= first)


def _fingerprint(brand: BrandId, version: int) -> str:
    """Return the fingerprint of a version's stored text."""
    return digest_of(content_of(source_of(brand, version)))
