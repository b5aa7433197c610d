"""The canary changes what it told, on the page that everybody uses."""

from __future__ import annotations

import re

from hostkeep.kernel.ids import CategoryId
from hostkeep.kernel.words import gettext_noop
from hostkeep.promises.control import Check, Scene, Seen, rehearsed, same_check, verdict
from hostkeep.promises.evidence.tables import holding
from hostkeep.promises.pages import read_page
from hostkeep.promises.personas import PHONE, persona
from hostkeep.promises.signing import MOVED, sign_in
from hostkeep.promises.stranger import Answer, Browser
from hostkeep.vault import door

PROFILE = "/account/profile/"
MESSAGES = "/account/privacy/messages/"
PRIVACY = "/account/privacy/"
OTHER = "+12025550199"
"""Another number of fiction.  Source: as personas.PHONE."""

CALLED = CategoryId("phone")

SWITCHED_ON = re.compile(r'<input class="switch"[^>]* checked')
"""A stream's switch that is on."""


@same_check
def counts_at_once() -> Check:
    """Change the phone number in the client area, and read it for the account: the new one, at once."""

    def look(scene: Scene) -> Seen:
        with rehearsed():
            answer = _changes(scene, OTHER)
            now = door.use(
                scene.act, subject=scene.canary.subject, category=CALLED, fn=lambda text: text == OTHER
            )
        return verdict(answer.status in MOVED and now, f"{answer.status}, new: {bool(now)}".lower())

    return Check(gettext_noop("A changed value counts at once"), look)


@same_check
def streams_are_switched() -> Check:
    """Switch every stream off in the client area that can be: the page comes back with all of them off."""

    def look(scene: Scene) -> Seen:
        with rehearsed():
            browser = scene.browser()
            sign_in(scene, browser)
            form = read_page(browser.get(PRIVACY).body).form(MESSAGES)
            if form is None:
                return Seen("failed", "no form")
            streams = [name for name in form.inputs if name in scene.policy.streams]
            kept = {name: value for name, value in form.inputs.items() if name not in streams}
            answer = browser.post(MESSAGES, kept)
            on = len(SWITCHED_ON.findall(browser.get(PRIVACY).body))
        return verdict(streams and answer.status in MOVED and not on, f"{len(streams)} streams, {on} on")

    return Check(gettext_noop("Every kind of mail that can be stopped is stopped in the client area"), look)


@same_check
def log_keeps_no_value() -> Check:
    """Change the phone number, and search every readable table, the log among them, for old and new."""

    def look(scene: Scene) -> Seen:
        with rehearsed():
            answer = _changes(scene, OTHER)
            found = holding([OTHER, PHONE])
        return verdict(answer.status in MOVED and not found, f"{answer.status} {' '.join(found)}".strip())

    return Check(gettext_noop("Every table outside the vault is searched for what was changed"), look)


def _changes(scene: Scene, number: str) -> Answer:
    """Send the profile as it stands, with another phone number."""
    browser: Browser = scene.browser()
    sign_in(scene, browser)
    form = read_page(browser.get(PROFILE).body).form(PROFILE)
    inputs = dict(form.inputs) if form is not None else {}
    told = persona(scene.policy.forms["signup"]).inputs
    typed = {name: told[name] for name in told.keys() & inputs.keys()}
    return browser.post(PROFILE, {**inputs, **typed, "phone": number})
