"""Whatever a customer can do on the pages of the client area, a program of theirs can do through the API."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import hostkeep

ROOT = Path(hostkeep.__file__).parent
SAFE = {"get"}

ALONE = {
    "flows.exporting.making.make_export": "a copy of everything is made on a page, by a person who just proved themselves",
    "flows.cancelling.cancel_now": "as below: the content goes with the service",
    "provisioning.actions.asking.close_service": "what lies on a service is deleted by a person who just proved themselves",
    "vault.exports.fetch_export": "as above: the key to the copy stands on that page alone",
    "people.actions.keys.make_key": "a key is made on a page, by a person who has just proved who they are",
    "people.actions.staying.end_stay": "a browser that stays signed in is sign-in's; a program is none",
    "people.actions.staying.end_stay_of_cookie": "as above: whoever closes the account is signed out here",
    "people.actions.leaving.end_ways_in": "as above: it ends the program's own key; keys are ended by DELETE /keys",
    "flows.agreeing.stays_lapsed": "as above: the consent that hangs on such browsers",
    "flows.agreeing.stay_ended": "as above: the consent that hangs on such a browser",
    "flows.addressing.ask_for": "a login address is changed on a page, by a person who just proved themselves",
    "flows.addressing.confirm": "as above: whoever has the new mailbox confirms it there",
    "flows.agreeing.choose_streams": "on the page for closed accounts, whose keys are all ended",
    "flows.disputing.bring": "as above",
    "people.actions.parting.make_link": "the mail that closes an account carries it; nobody asks for one",
    "flows.policy_change.show_changes": "telling counts when a person sees it; a program that reads tells nobody",
    "flows.noticing.take_notice": "not the customer's: payment companies call back, with a signature of their own",
}
"""Deeds of the client area that have no twin, each with its reason."""


DEEDS_OF_THE_VAULT = {"hostkeep.vault.consenting", "hostkeep.vault.objecting", "hostkeep.vault.exports"}

QUEUES = {"hostkeep.billing.inbox"}
"""What is written by a statement of its own, and followed by recorded deeds of a worker."""

LOOKS = "shown_when_asked"
"""The decorator of a form that shows more and changes nothing: the database refuses it whatever it would write."""


@lru_cache(maxsize=None)
def tree(module: str) -> ast.Module:
    path = ROOT.joinpath(*module.split(".")[1:])
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return ast.parse(file.read_text(encoding="utf-8"))


def is_module(module: str) -> bool:
    path = ROOT.joinpath(*module.split(".")[1:])
    return path.is_dir() or path.with_suffix(".py").exists()


@lru_cache(maxsize=None)
def functions(module: str) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in tree(module).body if isinstance(node, ast.FunctionDef)}


@lru_cache(maxsize=None)
def imports(module: str) -> dict[str, tuple[str, str]]:
    """Local name -> (module, name in it); the name is empty for a module."""
    found: dict[str, tuple[str, str]] = {}
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("hostkeep"):
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                found[alias.asname or alias.name] = (whole, "") if is_module(whole) else (node.module, alias.name)
    return found


def named_in(module: str, function: str) -> Iterator[tuple[str, str]]:
    """Every function that a function names: called, or handed on."""
    known, ours = imports(module), functions(module)
    for node in ast.walk(ours[function]):
        if isinstance(node, ast.Name) and node.id in ours and node.id != function:
            yield module, node.id
        elif isinstance(node, ast.Name) and known.get(node.id, ("", ""))[1]:
            yield known[node.id]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            there, name = known.get(node.value.id, ("", ""))
            if there and not name:
                yield there, node.attr


def reached(module: str, function: str, within: str) -> set[tuple[str, str]]:
    """All that a function names, and all that the functions it names within a package name in turn."""
    found: set[tuple[str, str]] = set()
    waiting, seen = [(module, function)], set()
    while waiting:
        here, name = waiting.pop()
        if (here, name) in seen or name not in functions(here):
            continue
        seen.add((here, name))
        named = set(named_in(here, name))
        found |= named
        waiting += [each for each in named if each[0].startswith(within)]
    return found


@lru_cache(maxsize=None)
def deeds(module: str, function: str) -> frozenset[str]:
    """The actions and flows that a function of a face reaches, through whatever helpers."""
    found = set()
    for there, name in reached(module, function, "hostkeep.faces."):
        action = acts(there) and name in functions(there)
        if action or (there.startswith("hostkeep.flows.") and changes(there, name)):
            found.add(f"{there}.{name}".removeprefix("hostkeep."))
    return frozenset(found)


@lru_cache(maxsize=None)
def changes(module: str, function: str) -> bool:
    """Whether a function of a flow reaches an action, or asks a stranger."""
    found = reached(module, function, "hostkeep.flows.")
    return any(acts(there) or ".calls.charging" in there for there, _ in found)


def acts(module: str) -> bool:
    """Whether a module's functions are recorded deeds."""
    return ".actions." in module or module in DEEDS_OF_THE_VAULT | QUEUES


def modules_of(face: str) -> list[str]:
    return [f"hostkeep.faces.{face}.{path.stem}" for path in sorted((ROOT / "faces" / face).glob("*.py"))]


def decorators(node: ast.FunctionDef) -> list[str]:
    return [ast.unparse(each) for each in node.decorator_list]


def posts() -> dict[str, frozenset[str]]:
    """The client area's views that take a POST, and the deeds each reaches."""
    found = {}
    for module in modules_of("client"):
        for name, node in functions(module).items():
            said = " ".join(decorators(node))
            if "require_POST" in said or "'POST'" in said or "shown_once(" in said or LOOKS in said:
                found[f"{module.rpartition('.')[2]}.{name}"] = deeds(module, name)
    return found


def client_deeds() -> frozenset[str]:
    return frozenset().union(*(deeds(m, f) for m in modules_of("client") for f in functions(m)))


def operations() -> dict[str, tuple[str, frozenset[str]]]:
    """The API's operations: name -> (method, the deeds it reaches)."""
    found = {}
    for module in modules_of("api"):
        for name, node in functions(module).items():
            for said in decorators(node):
                if said.startswith("router."):
                    method = said.removeprefix("router.").partition("(")[0]
                    found[f"{module.rpartition('.')[2]}.{name}"] = (method, deeds(module, name))
    return found


def test_every_deed_of_the_client_area_has_its_twin_in_the_api() -> None:
    offered = frozenset().union(*(found for method, found in operations().values() if method not in SAFE))
    assert sorted(client_deeds() - offered - set(ALONE)) == []


def test_no_deed_stands_on_the_list_without_need() -> None:
    offered = frozenset().union(*(found for _, found in operations().values()))
    stale = [deed for deed in ALONE if deed not in client_deeds() or deed in offered]
    assert stale == []


def only_looks() -> frozenset[str]:
    """The client area's views whose post the database holds to looking."""
    return frozenset(
        f"{module.rpartition('.')[2]}.{name}"
        for module in modules_of("client")
        for name, node in functions(module).items()
        if LOOKS in decorators(node)
    )


def test_every_form_of_the_client_area_is_understood_by_this_test() -> None:
    assert {view for view, found in posts().items() if not found} == only_looks()
    assert len(posts()) >= 10


def test_reading_changes_nothing() -> None:
    changing = {name: sorted(found) for name, (method, found) in operations().items() if method in SAFE and found}
    assert changing == {}


def test_this_test_sees_a_deed_without_a_twin(monkeypatch) -> None:
    """Take one operation away: its deed is missed."""
    left = {name: found for name, found in operations().items() if "correct_account" not in name}
    offered = frozenset().union(*(found for method, found in left.values() if method not in SAFE))
    assert client_deeds() - offered - set(ALONE) == {"people.actions.correcting.correct_values"}
