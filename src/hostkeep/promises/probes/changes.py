"""Changes of the policy, tried for real and undone: too soon, quietly, and upon what was given before."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import DatabaseError, connection, transaction

from hostkeep.brands.actions.announcing import announce_policy
from hostkeep.brands.actions.telling import mark_shown
from hostkeep.brands.errors import NoticeTooShort
from hostkeep.brands.events import PolicyAnnounced
from hostkeep.brands.queries import version_in_force
from hostkeep.flows import policy_change
from hostkeep.kernel.ids import PurposeId
from hostkeep.kernel.words import gettext_noop
from hostkeep.messaging.queries import count_of_template
from hostkeep.policy.vocabulary.terms import say
from hostkeep.promises.control import Check, Scene, Seen, rehearsed, same_check, verdict
from hostkeep.promises.pages import read_page
from hostkeep.promises.rehearsing import ADDED, Widened, announced, owner_of, reworded, widened
from hostkeep.vault import door

DAY = timedelta(days=1)
PAGES = ("/privacy/", "/")


@same_check
def scheduled_after_notice() -> Check:
    """Announce a material change with the earliest day, and see it wait for the whole notice."""

    def look(scene: Scene) -> Seen:
        with rehearsed():
            made = announced(scene, widened(scene).source)
            waits = made.effective_at - made.announced_at
            still = version_in_force(scene.brand.id, made.effective_at - timedelta(seconds=1)).version
            then = version_in_force(scene.brand.id, made.effective_at).version
        good = made.material and waits == scene.policy.notice.period and still < then == made.version
        return verdict(good, f"{waits.days} days")

    return Check(gettext_noop("A change that matters waits for the whole notice, and then applies"), look)


@same_check
def in_force_at_once() -> Check:
    """Announce a change where none is announced beforehand: it applies now, is listed, and no mail leaves."""

    def look(scene: Scene) -> Seen:
        with rehearsed():
            before = count_of_template(scene.brand.id, policy_change.TEMPLATE)
            made = announced(scene, reworded(scene))
            policy_change.on_policy_announced(scene.act, PolicyAnnounced(made.handle))
            mails = count_of_template(scene.brand.id, policy_change.TEMPLATE) - before
            now = version_in_force(scene.brand.id, made.effective_at).version
            listed = ADDED.strip() in _words(scene, "/privacy/history/")
        good = now == made.version and listed and not mails
        return verdict(good, f"listed {listed}, {mails} mails")

    return Check(gettext_noop("A change applies at once, the history tells it, and no mail leaves"), look)


@same_check
def too_soon_refused() -> Check:
    """Announce a material change a day too soon: marked minor, as a rewording, and past the program."""

    def look(scene: Scene) -> Seen:
        tried = {
            "page": _refused_soon(scene, widened(scene).source),
            "rewording": _refused_soon(scene, reworded(scene)),
            "database": _refused_by_database(scene, "material"),
            "minor": _written_past_the_program(scene),
        }
        passed = [name for name, refused in tried.items() if not refused]
        told = f"{len(tried) - len(passed)}/{len(tried)} refused {' '.join(passed)}"
        return verdict(not passed, told.strip())

    return Check(gettext_noop("A change that matters is announced a day too soon"), look)


@same_check
def grouped_on_both_pages() -> Check:
    """Announce a change of use: policy page and home page show it under its kind."""

    def look(scene: Scene) -> Seen:
        with rehearsed():
            wide = widened(scene)
            announced(scene, wide.source)
            titles = (say("kind", "use", "en"), say("purpose", wide.purpose, "en"))
            return _on_both_pages(scene, *titles)

    return Check(gettext_noop("A change of use is shown under its kind on both pages"), look)


@same_check
def no_quiet_rewording() -> Check:
    """Reword a clause and hope that nobody is told: both pages show the new words."""

    def look(scene: Scene) -> Seen:
        with rehearsed():
            announced(scene, reworded(scene))
            return _on_both_pages(scene, ADDED.strip())

    return Check(gettext_noop("A sentence of the policy is reworded in the hope that no page tells"), look)


@same_check
def new_purpose_reaches_new_values() -> Check:
    """Add a purpose: it serves what is given afterwards, and earlier values once their owner was told."""

    def look(scene: Scene) -> Seen:
        with rehearsed():
            wide = widened(scene)
            made = announced(scene, wide.source)
            subject, account = scene.canary.subject, scene.canary.account
            mark_shown(scene.act, version=made.handle, subject=subject, account=account)
            told = _reads(scene, wide, made.effective_at)
        with rehearsed():
            made = announced(scene, wide.source)
            act = replace(scene.act, at=made.effective_at).for_purpose(PurposeId("account"))
            door.put(act, subject=scene.canary.subject, category=wide.category, value=secrets.token_hex(8))
            later = _reads(scene, wide, made.effective_at)
        return verdict(told and later, f"told {told}, given later {later}")

    what = gettext_noop("A new purpose serves later values, and earlier ones once their owner was told")
    return Check(what, look)


@same_check
def new_purpose_refused_on_old_values() -> Check:
    """Add a purpose and read for it what was given before, untold."""

    def look(scene: Scene) -> Seen:
        with rehearsed():
            wide = widened(scene)
            made = announced(scene, wide.source)
            read = _reads(scene, wide, made.effective_at)
        return verdict(not read, f"{wide.category}, {wide.purpose}")

    return Check(gettext_noop("An earlier value is read for a purpose that was added since"), look)


def _refused_soon(scene: Scene, source: str) -> bool:
    """Say whether a change that shall apply a day too soon is refused, naming the clause of the notice."""
    soon = scene.act.at + scene.policy.notice.period - DAY
    with rehearsed():
        try:
            announce_policy(owner_of(scene.act), brand=scene.brand.id, source=source, effective_at=soon)
        except NoticeTooShort as no:
            return no.clause == scene.policy.notice.clause
    return False


def _refused_by_database(scene: Scene, weight: str) -> bool:
    """Say whether the database's own function refuses a version that shall apply a day too soon."""
    soon = scene.act.at + scene.policy.notice.period - DAY
    asked: list[str | datetime] = [scene.brand.id, "0" * 64, "x", weight, "page", "0", soon]
    return _database_refuses("SELECT brands_announce(%s, %s, %s, %s, %s, %s::interval, %s)", asked)


def _written_past_the_program(scene: Scene) -> bool:
    """Say whether the application's own role is refused to write a version that calls itself minor."""
    columns = "handle, brand, version, digest, source, weight, mode, period, announced_at, effective_at"
    statement = (
        f"INSERT INTO brands_policyversion ({columns}) VALUES "  # noqa: S608  names of ours alone
        "(gen_random_uuid(), %s, 9999, %s, 'x', 'minor', 'page', '0', %s, %s)"
    )
    long_ago = scene.act.at - timedelta(days=400)
    return _database_refuses(statement, [scene.brand.id, "0" * 64, long_ago, scene.act.at])


def _database_refuses(statement: str, values: Sequence[str | datetime]) -> bool:
    """Say whether the database refuses a statement; one that it takes is undone."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
            transaction.set_rollback(True)
    except DatabaseError:
        return True
    return False


def _reads(scene: Scene, wide: Widened, at: datetime) -> bool:
    """Say whether the canary's value opens for the added purpose at a time."""
    act = replace(scene.act, at=at).for_purpose(wide.purpose)
    try:
        return bool(door.use(act, subject=scene.canary.subject, category=wide.category, fn=len))
    except door.Refused:
        return False


def _on_both_pages(scene: Scene, *told: str) -> Seen:
    """See whether policy page and home page tell all that is to be told."""
    shown = [page for page in PAGES if all(words in _words(scene, page) for words in told)]
    return verdict(len(shown) == len(PAGES), f"{len(shown)}/{len(PAGES)} pages")


def _words(scene: Scene, page: str) -> str:
    """Return the words of a page in English, drawn for this visit alone."""
    return read_page(scene.browser().get(f"{page}?lang=en&probe={secrets.token_hex(4)}").body).words
