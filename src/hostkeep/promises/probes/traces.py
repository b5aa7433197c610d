"""Looking for what must not be there: after a visit, after a sign-up, in every table we can read."""

from __future__ import annotations

import secrets

from hostkeep.kernel.ids import CategoryId
from hostkeep.kernel.words import gettext_noop
from hostkeep.promises.control import Check, Scene, Seen, rehearsed, same_check, verdict
from hostkeep.promises.evidence.forms import SIGNUP
from hostkeep.promises.evidence.tables import holding, readable, written
from hostkeep.promises.personas import persona
from hostkeep.promises.probes.undeclared import rows_since
from hostkeep.promises.signing import LOGIN, sign_in
from hostkeep.promises.stranger import some_address
from hostkeep.vault import door


@same_check
def signup_leaves_nothing_in_clear() -> Check:
    """Sign somebody up, log the canary in, and search every table outside the vault for what came along.

    Sought in clear, in hex and in base64: the address, the password, the browser's name, the network address,
    the cookie; and the canary's own address, which has lain in the vault since it was made.
    """

    def look(scene: Scene) -> Seen:
        somebody = persona(scene.policy.forms["signup"])
        agent, address = f"Browser {secrets.token_hex(8)}", some_address()
        with rehearsed():
            browser = scene.browser(HTTP_USER_AGENT=agent, REMOTE_ADDR=address)
            browser.post(SIGNUP, somebody.posting())
            rows = sum(written().values())
            browser.get(LOGIN)
            sign_in(scene, browser)
            marks = [*somebody.marks, agent, address, *browser.cookies.values()]
            found = [*holding(marks), *_holding_canary(scene)]
            tables = len(readable())
        return verdict(rows and not found, f"{tables} tables {' '.join(found)}".strip())

    return Check(gettext_noop("Every table outside the vault is searched for what a sign-up brought"), look)


@same_check
def visit_leaves_nothing(*paths: str) -> Check:
    """Visit pages without giving anything, and count the rows that were written."""

    def look(scene: Scene) -> Seen:
        with rehearsed():
            before = written()
            browser = scene.browser()
            statuses = [browser.get(path).status for path in paths]
            rows = rows_since(before)
        return verdict(not rows and not browser.given, f"{len(statuses)} pages, {rows} rows")

    return Check(gettext_noop("Somebody visits and gives nothing"), look)


@same_check
def no_consent_by_registering() -> Check:
    """Ask for what only a consent opens, of somebody who registered and consented to nothing."""

    def look(scene: Scene) -> Seen:
        asked = {
            purpose: category
            for (category, purpose, role), cell in scene.policy.table.items()
            if role == scene.act.role and "consent" in cell.needs
        }
        opened = []
        for purpose, category in asked.items():
            try:
                door.reveal(scene.act.for_purpose(purpose), subject=scene.canary.subject, category=category)
            except door.Refused:
                continue
            opened.append(purpose)
        return verdict(asked and not opened, f"{' '.join(sorted(asked))}: {len(opened)}")

    return Check(gettext_noop("What needs a consent is asked of somebody who only registered"), look)


def _holding_canary(scene: Scene) -> tuple[str, ...]:
    """Return the tables that hold the canary's address in clear."""
    email = CategoryId("email")
    found = door.use(scene.act, subject=scene.canary.subject, category=email, fn=lambda text: holding([text]))
    return found if found is not None else ("vault",)
