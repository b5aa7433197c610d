"""The policy as it is published: page, data and forms say the same."""

from __future__ import annotations

import json
import re
from typing import Any

from hostkeep.kernel.words import gettext_noop
from hostkeep.policy.book import Policy
from hostkeep.policy.vocabulary.terms import say, terms
from hostkeep.promises.control import Check, Scene, Seen, same_check, verdict
from hostkeep.promises.evidence.forms import CARRIED, SIGNUP, posted_names
from hostkeep.promises.evidence.hosts import POLICY_DATA
from hostkeep.promises.pages import SeenPage, read_page

PAGE = "/privacy/"
COLUMNS = 5
COOKIE_NAME = re.compile(r"__[A-Za-z]+-[a-z_]+")


@same_check
def names_host_and_clauses() -> Check:
    """Check that the page names the hosts it covers and carries every clause of the policy in force."""

    def look(scene: Scene) -> Seen:
        words = _page(scene).words
        hosts = [host for host in scene.policy.hosts if host in words]
        clauses = [c.id for c in scene.policy.clauses if c.id in words and c.text["en"] in words]
        good = len(hosts) == len(scene.policy.hosts) and len(clauses) == len(scene.policy.clauses)
        return verdict(good, f"{len(hosts)} hosts, {len(clauses)}/{len(scene.policy.clauses)} clauses")

    return Check(gettext_noop("The page names its hosts and shows every clause in force"), look)


@same_check
def cookies_agree() -> Check:
    """Check that page, policy.json and the guard's list name the same cookies."""

    def look(scene: Scene) -> Seen:
        declared = set(scene.policy.cookies)
        shown = _cookies_shown(_page(scene))
        told = {cookie["name"] for cookie in _data(scene).get("cookies", ())}
        return verdict(shown == told == declared, f"{len(shown)}, {len(told)}, {len(declared)}")

    return Check(gettext_noop("Page, data and cookie list name the same cookies"), look)


@same_check
def fields_agree() -> Check:
    """Check that page, policy.json and the sign-up form ask the same."""

    def look(scene: Scene) -> Seen:
        form = scene.policy.forms["signup"]
        data = _data(scene)
        told = {field["category"] for field in data.get("forms", {}).get("signup", ())}
        drawn = read_page(scene.browser().get(f"{SIGNUP}?lang=en").body).form(SIGNUP)
        names = set(drawn.inputs) - CARRIED if drawn else set()
        shown, declared = _fields_shown(_page(scene)), _fields_declared(scene.policy)
        same = shown == declared and told == {field.category for field in form.fields}
        good = same and names == posted_names(form) and data.get("digest") == scene.policy.digest
        return verdict(good, f"{len(shown)}, {len(told)}, {len(names)}")

    return Check(gettext_noop("Page, data and sign-up form ask the same"), look)


@same_check
def names_every_purpose() -> Check:
    """Check that page and policy.json name every purpose for which anything opens: the list is whole."""

    def look(scene: Scene) -> Seen:
        opening = {purpose for _, purpose, _ in scene.policy.table}
        told = set(_data(scene).get("purposes", ()))
        words = _page(scene).words
        unsaid = [p for p in opening if scene.policy.purposes[p].label["en"] not in words]
        good = opening <= told and not unsaid
        return verdict(good, f"{len(opening)} purposes {' '.join(sorted(unsaid))}".strip())

    return Check(gettext_noop("Page and data name every purpose for which anything opens"), look)


def _cookies_shown(page: SeenPage) -> set[str]:
    """Return the names in the page's table of cookies; one given up may still stand in what changed."""
    return {row[0] for row in page.rows if len(row) == COLUMNS and COOKIE_NAME.fullmatch(row[0])}


def _fields_shown(page: SeenPage) -> set[tuple[str, ...]]:
    """Return the rows of the page's table of fields: field, form, why, clause."""
    titles = {say("form", name, "en") for name in terms("form")}
    rows = [row for row in page.rows if len(row) == COLUMNS and row[1] in titles]
    return {(field, form, why, clause) for field, form, _, why, clause in rows}


def _fields_declared(policy: Policy) -> set[tuple[str, ...]]:
    """Return what the table of fields must say."""
    return {
        (policy.categories[f.category].label["en"], say("form", form.name, "en"), f.why["en"], f.clause)
        for form in policy.forms.values()
        for f in form.fields
    }


def _page(scene: Scene) -> SeenPage:
    """Read the policy page in English, once a round."""
    return scene.once((PAGE, "en"), lambda: read_page(_got(scene, f"{PAGE}?lang=en")))


def _data(scene: Scene) -> dict[str, Any]:
    """Read policy.json, once a round; nothing where it is none."""
    return scene.once(POLICY_DATA, lambda: _read_data(scene))


def _read_data(scene: Scene) -> dict[str, Any]:
    try:
        found = json.loads(_got(scene, POLICY_DATA))
    except json.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _got(scene: Scene, path: str) -> str:
    """Return the body of a page."""
    return scene.stranger.request("GET", scene.brand.host, path).body
