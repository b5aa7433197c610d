"""Forms: what the policy lets them ask, what they draw, what signing up leaves."""

from __future__ import annotations

from collections.abc import Iterable

from hostkeep.kernel.ids import CategoryId, ClauseId
from hostkeep.kernel.words import gettext_noop
from hostkeep.people.queries import acceptances_of, login_of_address, user
from hostkeep.policy.book import Form
from hostkeep.policy.vocabulary.terms import inputs_of
from hostkeep.promises.control import Check, Scene, Seen, rehearsed, same_check, verdict
from hostkeep.promises.pages import read_page
from hostkeep.promises.personas import persona
from hostkeep.runtime import brand as running_brand

SIGNUP = "/auth/signup/"
PASSWORD = CategoryId("password")
CARRIED = frozenset({"form_token", "token", "next"})
"""Inputs that are no answers."""


@same_check
def asks_exactly(form: str, *categories: str) -> Check:
    """Check that the policy's form asks these categories, beside a password, and gives a reason for each."""

    def look(scene: Scene) -> Seen:
        fields = [f for f in scene.policy.forms[form].fields if f.category != PASSWORD]
        asked = {f.category for f in fields}
        good = asked == set(categories) and all(f.why.get("en") for f in fields)
        return verdict(good, f"{len(asked)}: {_listed(asked)}")

    return Check(gettext_noop("The form asks exactly what the clause names, and says why"), look)


@same_check
def draws_what_it_asks(form: str, path: str) -> Check:
    """Check that the page draws these inputs and no other, each with its reason."""

    def look(scene: Scene) -> Seen:
        answer = scene.browser().get(f"{path}?lang=en")
        page = read_page(answer.body)
        drawn = page.form(path)
        if drawn is None:
            return Seen("failed", f"{answer.status}, no form")
        declared = scene.policy.forms[form]
        names = set(drawn.inputs) - CARRIED
        words = page.words.lower()
        unexplained = [f.category for f in declared.fields if f.why.get("en", "").lower() not in words]
        strange = names ^ posted_names(declared)
        said = f"{len(names)} inputs, {len(declared.fields) - len(unexplained)} reasons"
        return verdict(not strange and not unexplained, f"{said} {_listed(strange)}".strip())

    return Check(gettext_noop("The page draws these inputs, no other, and a reason beside each"), look)


@same_check
def has_statement(form: str, clause: str) -> Check:
    """Check that the policy's form carries a statement of a clause."""

    def look(scene: Scene) -> Seen:
        found = [s.id for s in scene.policy.forms[form].statements if s.clause == clause]
        return verdict(found, _listed(found))

    return Check(gettext_noop("The form carries a statement of this clause"), look)


@same_check
def shows_statement(form: str, path: str, clause: str) -> Check:
    """Check that the page shows the statement beside the fields, with the clause's id."""

    def look(scene: Scene) -> Seen:
        page = read_page(scene.browser().get(f"{path}?lang=en").body)
        texts = [s.text["en"] for s in scene.policy.forms[form].statements if s.clause == clause]
        shown = [text for text in texts if text in page.words]
        good = texts and shown == texts and clause in page.words and page.form(path) is not None
        return verdict(good, f"{len(shown)}/{len(texts)} {clause}")

    return Check(gettext_noop("The notice stands beside the fields"), look)


@same_check
def registering_records(what: str) -> Check:
    """Check that signing up notes a statement with the policy's version; the sign-up is undone."""

    def look(scene: Scene) -> Seen:
        somebody = persona(scene.policy.forms["signup"])
        with rehearsed():
            answer = scene.browser().post(SIGNUP, somebody.posting())
            with running_brand.during(scene.brand.id):
                login = login_of_address(somebody.email)
            noted = acceptances_of(user(login).subject) if login else ()
        found = [a for a in noted if a.what == what and a.digest == scene.policy.digest]
        said = f"version {found[0].version}" if found else f"{answer.status}, {len(noted)} records"
        return verdict(found, said)

    return Check(gettext_noop("Registering records the notice with the version of the policy"), look)


def posted_names(form: Form) -> set[str]:
    """Return every name that a post to a form may hold."""
    names = {name for field in form.fields for name in inputs_of(field.category)}
    return names | {s.id for s in form.statements} | {c.stream for c in form.choices}


@same_check
def categories_sealed(*named: str) -> Check:
    """Check that each category of the policy has a class of keys in the vault, the named ones among them."""

    def look(scene: Scene) -> Seen:
        policy = scene.policy
        loose = [c.id for c in policy.categories.values() if c.keep_class not in policy.retention]
        missing = set(named) - set(policy.categories)
        said = f"{len(policy.categories)} categories, {len(named) - len(missing)}/{len(named)}"
        return verdict(not loose and not missing, f"{said} {_listed([*loose, *missing])}".strip())

    return Check(gettext_noop("Every category has its class of keys in the vault"), look)


def _listed(names: Iterable[str | ClauseId]) -> str:
    """List names."""
    return " ".join(sorted(names))
