"""Each wall is broken on purpose, in a copy of the house; the right contract must notice."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

BROKEN = [
    ("sibling room", {"billing/events.py": "from hostkeep.shop import queries as q"}, "Floors"),
    ("sibling room, late import", {"billing/events.py": "def f():\n    from hostkeep.shop import queries"}, "Floors"),
    ("sibling room, TYPE_CHECKING", {"billing/events.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from hostkeep.shop import queries"}, "Floors"),
    ("room calls flow", {"billing/events.py": "import hostkeep.flows"}, "Floors"),
    ("flow calls face", {"flows/buyers.py": "import hostkeep.faces"}, "Floors"),
    ("kernel takes django", {"kernel/money.py": "import django"}, "The ground floor is pure"),
    ("rules take django", {"billing/rules/lines.py": "from django.utils import timezone"}, "The ground floor is pure"),
    ("rules take a model", {"billing/rules/lines.py": "from hostkeep.billing import models"}, "Inside a room"),
    ("policy reads the system", {"policy/decide.py": "import os"}, "The ground floor is pure"),
    ("flow opens the vault table", {"flows/checkout.py": "from hostkeep.vault import models"}, "Only the vault opens"),
    ("flow opens a billing table", {"flows/checkout.py": "from hostkeep.billing.models import Invoice"}, "Tables stay at home (billing)"),
    ("face opens a people table", {"faces/api/__init__.py": "from hostkeep.people.models import User"}, "Tables stay at home (people)"),
    ("face takes a cipher", {"faces/api/__init__.py": "import cryptography"}, "Ciphers stay"),
    ("face takes allauth", {"faces/api/__init__.py": "import allauth.account"}, "Only sign-in knows"),
    ("adapter asks the vault", {"adapters/gateways/testpay/signing.py": "from hostkeep import vault"}, "An adapter knows"),
    ("adapter asks a sibling", {"adapters/gateways/testpay/signing.py": "from hostkeep.adapters.gateways import bank_transfer"}, "Adapters do not know"),
    ("someone imports an adapter", {"flows/checkout.py": "import hostkeep.adapters.gateways.testpay"}, "Floors"),
    ("face asks a face", {"faces/staff/access.py": "from hostkeep.faces import client"}, "Faces share"),
    ("query calls an action", {"billing/queries/invoices.py": "from hostkeep.billing import actions"}, "Inside a room"),
    ("a utils package appears", {"utils/__init__.py": ""}, "Floors"),
    ("a circle in a room", {"kernel/a.py": "import hostkeep.kernel.b", "kernel/b.py": "import hostkeep.kernel.a"}, "No circles"),
]  # fmt: skip


def lint(where: Path) -> dict[str, str]:
    """Every contract and what became of it."""
    environ = {**os.environ, "PYTHONPATH": str(where)}
    lint_imports = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run(
        [lint_imports, "--config", ROOT / "pyproject.toml", "--no-cache"], cwd=where, env=environ, capture_output=True, text=True
    )
    return dict(re.findall(r"^(.+?) (KEPT|BROKEN)", done.stdout, re.M))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("house")
    shutil.copytree(ROOT / "src" / "hostkeep", copy / "hostkeep", ignore=shutil.ignore_patterns("__pycache__", ".import*"))
    kept = lint(copy)
    assert len(kept) >= 18 and set(kept.values()) == {"KEPT"}, kept
    return copy


@pytest.mark.parametrize(("name", "files", "contract"), BROKEN, ids=[b[0] for b in BROKEN])
def test_the_wall_bites(house: Path, name: str, files: dict[str, str], contract: str) -> None:
    before: dict[Path, str | None] = {}
    for place, text in files.items():
        path = house / "hostkeep" / place
        before[path] = path.read_text(encoding="utf-8") if path.exists() else None
        path.parent.mkdir(exist_ok=True)
        path.write_text((before[path] or '"""x."""\n') + f"\n{text}\n", encoding="utf-8")
    try:
        broken = [said for said, state in lint(house).items() if state == "BROKEN"]
    finally:
        for path, text in before.items():
            if text is None:
                path.unlink()
                if not any(p for p in path.parent.iterdir() if p.name != "__pycache__"):
                    shutil.rmtree(path.parent)
            else:
                path.write_text(text, encoding="utf-8")
    assert any(said.startswith(contract) for said in broken), broken
