"""The house's own rules, checked on the house."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import ForeignKey

import hostkeep
from hostkeep.runtime import columns

ROOT = Path(hostkeep.__file__).parent
FLOORS = [
    "kernel", "policy", "drivers", "runtime", "audit", "brands", "vault", "ledger", "people", "shop", "billing",
    "subscriptions", "provisioning", "support", "messaging", "community", "statistics", "cases", "flows", "reports", "promises",
]
ROOMS = FLOORS[9:18]
LIBRARIES = {"contenttypes", "auth", "account", "mfa", "procrastinate", "messages", "staticfiles", "humanize", "allauth"}
BANNED_NAMES = {"utils", "helpers", "common", "misc", "base", "core", "manager", "service", "constants", "mixins"}
BANNED_WORDS = re.compile(r"\b(force|skip_\w+|bypass_\w+)\b(?!_insert)")
FULL = 400


def modules() -> list[str]:
    names = [m.name for m in pkgutil.walk_packages(hostkeep.__path__, "hostkeep.")]
    return [n for n in names if ".migrations" not in n and n != "hostkeep.project.wsgi"]


def files() -> Iterator[Path]:
    return (p for p in ROOT.rglob("*.py") if "migrations" not in p.parts)


def ours(label: str) -> bool:
    return label not in LIBRARIES


def test_every_action_is_recorded() -> None:
    bare = []
    for name in modules():
        if ".actions." not in name:
            continue
        module = importlib.import_module(name)
        for f in vars(module).values():
            public = inspect.isfunction(f) and f.__module__ == name and not f.__name__.startswith("_")
            if public and not hasattr(f, "verb"):
                bare.append(f"{name}.{f.__name__}")
    assert bare == []


def test_verbs_are_of_one_shape() -> None:
    odd = []
    for name in modules():
        if ".actions." in name:
            for f in vars(importlib.import_module(name)).values():
                verb = getattr(f, "verb", None) if inspect.isfunction(f) else None
                if verb and (not re.fullmatch(r"[a-z]+(\.[a-z_]+){2}", verb) or verb.split(".")[0] not in FLOORS):
                    odd.append(verb)
    assert odd == []


def test_foreign_keys_point_down() -> None:
    up = []
    for model in apps.get_models():
        label = model._meta.app_label
        if not ours(label):
            continue
        for f in model._meta.get_fields():
            if isinstance(f, ForeignKey):
                there = f.related_model._meta.app_label
                if there == label or not ours(there):
                    continue
                if FLOORS.index(there) >= FLOORS.index(label) or (there in ROOMS and label in ROOMS):
                    up.append(f"{model.__name__}.{f.name}")
    assert up == []


def test_every_public_thing_says_what_it_is() -> None:
    mute = []
    for name in modules():
        module = importlib.import_module(name)
        if not module.__doc__:
            mute.append(name)
        for n, thing in vars(module).items():
            public = (inspect.isfunction(thing) or inspect.isclass(thing)) and not n.startswith("_")
            if public and thing.__module__ == name and not inspect.getdoc(thing):
                mute.append(f"{name}.{n}")
    assert mute == []


def test_every_column_that_can_hold_a_person_is_accounted_for() -> None:
    assert [f"{fault.what} {fault.hint}" for fault in columns.faults()] == []


def test_no_module_has_a_name_without_a_meaning() -> None:
    assert [str(p) for p in files() if p.stem in BANNED_NAMES] == []


def test_no_file_is_over_full() -> None:
    over = {}
    for path in files():
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > FULL:
            over[str(path.relative_to(ROOT))] = lines
    assert over == {}


def test_nothing_can_be_forced_or_skipped() -> None:
    found = []
    for path in files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                names = [node.name, *(a.arg for a in (*node.args.args, *node.args.kwonlyargs))]
            found += [f"{path.relative_to(ROOT)}: {n}" for n in names if BANNED_WORDS.fullmatch(n)]
    assert found == []


def _calls(path: Path) -> Iterator[ast.Call]:
    return (n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Call))


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


READS_THE_CLOCK = {
    "runtime/clock.py", "runtime/jobs.py", "people/sessions.py", "adapters/mailers/smtp/certificate.py",
}


@pytest.mark.parametrize("what", ["datetime.now", "date.today", "datetime.today", "clock.now", "timezone.now", "datetime.utcnow"])
def test_only_faces_and_the_job_runner_read_the_clock(what: str) -> None:
    found = []
    for path in files():
        place = path.relative_to(ROOT)
        if place.parts[0] in {"faces", "project"} or str(place) in READS_THE_CLOCK:
            continue
        found += [str(place) for call in _calls(path) if _dotted(call.func).endswith(what)]
    assert found == []


def test_who_reads_the_running_brand() -> None:
    readers = {
        str(p.relative_to(ROOT)) for p in files() for call in _calls(p) if _dotted(call.func) == "running_brand.current"
    }
    assert readers == {
        "people/fields.py", "people/sessions.py", "people/cachekeys.py", "faces/signin/adapter.py", "faces/signin/logins.py",
        "faces/signin/backend.py",
    }


MAY_OPEN = {
    "vault/door.py", "flows/buyers.py", "flows/mailing.py", "flows/operator_mail.py", "flows/exporting/plain.py",
    "flows/exporting/gathering.py", "flows/exporting/trading.py", "flows/taxing.py",
}
"""Below the faces: the door's own use(), the invoice's party block, a mail's receiver, the owner's own copy,
a cart's lines where its products are taxed each in its own way."""


def test_only_faces_and_a_few_named_places_open_sealed_values() -> None:
    found = set()
    for path in files():
        place = str(path.relative_to(ROOT))
        text = path.read_text(encoding="utf-8")
        if ".open()" in text and not place.startswith("faces/") and place not in MAY_OPEN:
            for call in _calls(path):
                if isinstance(call.func, ast.Attribute) and call.func.attr == "open" and not call.args:
                    found.add(place)
    assert found == set()


def test_no_template_opens_a_sealed_value() -> None:
    opening = re.compile(r"\.open\b(?!_)")
    found = []
    for path in (*ROOT.rglob("*.html"), *ROOT.rglob("*.txt")):
        for tag in re.findall(r"{[{%].*?[}%]}", path.read_text(encoding="utf-8"), re.DOTALL):
            found += [f"{path.relative_to(ROOT)}: {tag}"] if opening.search(tag) else []
    assert found == []


def test_a_template_that_tries_shows_nothing() -> None:
    from django.template import Context, Template

    from hostkeep.kernel.sealed import Sealed

    shown = Template("[{{ sealed.open }}] [{{ sealed }}]").render(Context({"sealed": Sealed("ann@example.org", "email")}))
    assert shown == "[] [&lt;sealed email&gt;]"


def test_nobody_reaches_into_a_sealed_value() -> None:
    assert [str(p.relative_to(ROOT)) for p in files() if "_Sealed__value" in p.read_text(encoding="utf-8")] == []


def test_migrations_import_django_alone() -> None:
    strangers = []
    for path in ROOT.rglob("migrations/*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            strangers += [f"{path.relative_to(ROOT)}: {n}" for n in names if n.split(".")[0] == "hostkeep"]
    assert strangers == []


def test_no_file_names_a_machine_or_a_registry() -> None:
    repo = ROOT.parent.parent
    words = ("/wo" + "rk/", "py" + "pi.org", "python" + "hosted", "registry.np" + "mjs", "deb.deb" + "ian")
    found = []
    for path in repo.rglob("*"):
        if path.is_file() and path.suffix in {".py", ".md", ".toml", ".yaml", ".html", ".txt", ".css", ".js"}:
            if any(part.startswith(".") or part in {"node_modules", "build"} for part in path.relative_to(repo).parts):
                continue
            text = path.read_text(encoding="utf-8", errors="replace")
            found += [f"{path.relative_to(repo)}: {w}" for w in words if w in text]
    assert found == []
