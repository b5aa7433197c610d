"""What is left after a goodbye, and whether the sweeper comes round."""

from __future__ import annotations

from datetime import timedelta

from hostkeep.flows import sweeping
from hostkeep.kernel.words import gettext_noop
from hostkeep.promises.control import Check, Scene, Seen, same_check, verdict
from hostkeep.vault.leftovers import left_of_closed
from hostkeep.vault.outlook import outlook


@same_check
def archive_names_exactly(*categories: str) -> Check:
    """Check that the archive takes these categories and no secret."""

    def look(scene: Scene) -> Seen:
        archive = scene.policy.duties.archive
        named = archive.categories if archive is not None else frozenset()
        secret = [c for c in named if scene.policy.categories[c].sensitivity == "secret"]
        return verdict(named == set(categories) and not secret, " ".join(sorted(named)))

    return Check(gettext_noop("The archive takes exactly what the clause names, and no secret"), look)


@same_check
def only_left_of_closed(*classes: str) -> Check:
    """Check that of people whose account was erased only these classes open, and what the archive names."""

    def look(scene: Scene) -> Seen:
        archive = scene.policy.duties.archive
        named = archive.categories if archive is not None else frozenset()
        left = left_of_closed(scene.brand.id)
        loose = sorted(
            f"{category}/{keep_class}"
            for category, keep_class in left
            if keep_class not in classes or (keep_class == "archive" and category not in named)
        )
        return verdict(not loose, f"{sum(left.values())} values {' '.join(loose)}".strip())

    return Check(gettext_noop("Of closed accounts nothing opens but what the clause names"), look)


@same_check
def nothing_past_due(*classes: str) -> Check:
    """Check that the sweeper came round within sweeping.LATE, and that nothing is kept past its time.

    classes  retention classes
    The sweeper is the whole house's.  Of what it left behind the brand's counts, and what no place can tell
    by brand.
    """

    def look(scene: Scene) -> Seen:
        last = sweeping.last_run()
        if last is None:
            return Seen("unsure", "no run yet")
        if scene.act.at - last > sweeping.LATE:
            hours = sweeping.LATE // timedelta(hours=1)
            return Seen("failed", f"no run for more than {hours} hours; the last {last:%Y-%m-%d %H:%M} UTC")
        left = scene.once("past due", lambda: sweeping.overdue(scene.act.at - sweeping.EVERY, scene.brand.id))
        late = {name: count for name, count in left.items() if name in classes}
        said = " ".join(f"{name}: {count}" for name, count in late.items()) or "0"
        return verdict(not late, f"{said} past due, {last:%Y-%m-%d %H:%M}")

    return Check(gettext_noop("Nothing is kept past its time, and the sweeper came round"), look)


@same_check
def closing_would(becomes: str, *categories: str) -> Check:
    """Check what closing the canary's account would do to some categories, and that the rest would be erased.

    becomes  "archive", "deactivate" or "keep"
    """

    def look(scene: Scene) -> Seen:
        fates = outlook(scene.act, subject=scene.canary.subject)
        named = {fate.category for fate in fates if fate.what == becomes}
        rest = {fate.category for fate in fates if fate.what not in {becomes, "erase", "keep"}}
        held = {fate.category for fate in fates}
        good = fates and named == set(categories) & held and not rest
        return verdict(good, f"{becomes}: {' '.join(sorted(named))}; {len(fates)}")

    return Check(gettext_noop("Closing would do what the clause says, category by category"), look)
