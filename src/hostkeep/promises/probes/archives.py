"""The archive: old values go there by a change, open for a dispute with a reason, and for nothing else."""

from __future__ import annotations

from dataclasses import replace

from hostkeep.kernel.ids import ActorId, CategoryId, PurposeId
from hostkeep.kernel.words import gettext_noop
from hostkeep.people.actions.canaries import lend_password
from hostkeep.promises.control import Check, Scene, Seen, rehearsed, same_check, verdict
from hostkeep.promises.personas import persona
from hostkeep.vault import archive, door
from hostkeep.vault.holdings import held

EMAIL = CategoryId("email")
REASON = "a probe of the archive"


@same_check
def old_value_is_kept() -> Check:
    """Change the canary's address twice: both old ones open for a dispute, with a reason."""

    def look(scene: Scene) -> Seen:
        with rehearsed():
            before = len(_archived(scene, "billing", "dispute"))
            for _ in range(2):
                _changes(scene)
            rows = len(_archived(scene, "billing", "dispute")) - before
        return verdict(rows == 2, f"{rows} old values")  # noqa: PLR2004  two changes

    return Check(gettext_noop("What is changed goes into the archive as it was"), look)


@same_check
def refused_to(*asked: tuple[str, str]) -> Check:
    """Ask the archive in roles and for purposes that its clause does not name.  asked: (role, purpose)."""

    def look(scene: Scene) -> Seen:
        clauses = {f"{role}, {purpose}": _refusing(scene, role, purpose) for role, purpose in asked}
        return verdict(all(clauses.values()), "; ".join(f"{who}: {by}" for who, by in clauses.items()))

    return Check(gettext_noop("The archive is asked for something that it does not serve"), look)


@same_check
def refused_without_reason(role: str, purpose: str) -> Check:
    """Ask the archive for what it serves, and give no reason."""

    def look(scene: Scene) -> Seen:
        with rehearsed():
            _changes(scene)
            try:
                rows = _archived(scene, role, purpose, reason="")
            except door.Refused as refusal:
                return verdict(refusal.clause, f"{role}, {purpose}: {refusal.clause}")
        return Seen("failed", f"{role}, {purpose}: {len(rows)} rows")

    return Check(gettext_noop("The archive is asked without a reason"), look)


@same_check
def password_leaves_nothing() -> Check:
    """Change the canary's password twice, and look for an old one in the archive."""

    def look(scene: Scene) -> Seen:
        with rehearsed():
            before = _kept(scene)
            for _ in range(2):
                lend_password(scene.act, user=scene.canary.user)
            more = _kept(scene) - before
        return verdict(not more, f"{more} values more")

    return Check(gettext_noop("A changed password is looked for in the archive"), look)


def _refusing(scene: Scene, role: str, purpose: str) -> str:
    """Return the clause that refuses a reading of the archive, or an empty text where it is let in."""
    with rehearsed():
        _changes(scene)
        try:
            _archived(scene, role, purpose)
        except door.Refused as refusal:
            return str(refusal.clause)
    return ""


def _changes(scene: Scene) -> None:
    """Give the canary another address."""
    other = persona(scene.policy.forms["signup"]).email
    door.put(scene.act, subject=scene.canary.subject, category=EMAIL, value=other)


def _archived(
    scene: Scene, role: str, purpose: str, *, reason: str = REASON
) -> tuple[archive.ArchivedRow, ...]:
    """Ask the archive for old addresses of the canary's.  Raises Refused."""
    act = replace(scene.act, actor=ActorId("job:probe")).in_role(role).for_purpose(PurposeId(purpose))
    return archive.archived(act, subject=scene.canary.subject, category=EMAIL, reason=reason)


def _kept(scene: Scene) -> int:
    """Count what is kept of the canary."""
    return len(held(scene.act, subject=scene.canary.subject))
