"""Where values come from: the way in and the version of the policy, noted with each."""

from __future__ import annotations

from hostkeep.audit.reading import count_by
from hostkeep.brands.queries import versions_of
from hostkeep.kernel.act import CHANNELS
from hostkeep.kernel.words import gettext_noop
from hostkeep.people.queries import login_of_address, user
from hostkeep.promises.control import Check, Scene, Seen, rehearsed, same_check, verdict
from hostkeep.promises.evidence.forms import SIGNUP
from hostkeep.promises.personas import persona
from hostkeep.runtime import brand as running_brand
from hostkeep.vault.holdings import held


@same_check
def each_says_its_way_in() -> Check:
    """Check that every value of the canary's names a way in that we know, and a version of the policy."""

    def look(scene: Scene) -> Seen:
        rows = held(scene.act, subject=scene.canary.subject)
        known = {row.digest for row in versions_of(scene.brand.id)}
        loose = [row.category for row in rows if row.channel not in CHANNELS or row.digest not in known]
        return verdict(rows and not loose, f"{len(rows)} values {' '.join(sorted(loose))}".strip())

    return Check(gettext_noop("Every value names its way in and the version of the policy"), look)


@same_check
def registering_notes(channel: str) -> Check:
    """Check that what a sign-up brings is noted with its way in and the version in force; it is undone."""

    def look(scene: Scene) -> Seen:
        somebody = persona(scene.policy.forms["signup"])
        with rehearsed():
            answer = scene.browser().post(SIGNUP, somebody.posting())
            with running_brand.during(scene.brand.id):
                login = login_of_address(somebody.email)
            rows = held(scene.act, subject=user(login).subject) if login else ()
        good = [row for row in rows if row.channel == channel and row.digest == scene.policy.digest]
        said = f"{answer.status}, {len(good)}/{len(somebody.values)} values, {channel}"
        return verdict(rows and len(good) == len(rows) == len(somebody.values), said)

    return Check(gettext_noop("What a sign-up brings is noted with its way in"), look)


@same_check
def refusals_stand_in_the_log(look_for: Check, *, least: int = 1) -> Check:
    """Check that what another check tries and is refused stands in the log afterwards.

    look_for  the check that is refused
    """

    def look(scene: Scene) -> Seen:
        who, verbs, since = scene.act.actor, ("vault.value.refused",), scene.act.at
        before = count_by(who, verbs, since)
        look_for.look(scene)
        entered = count_by(who, verbs, since) - before
        return verdict(entered >= least, f"{entered}")

    return Check(gettext_noop("A refusal stands in the log"), look)
