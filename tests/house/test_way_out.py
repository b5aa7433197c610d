"""Nobody opens a line to the outside but the egress client, and the named wires of drivers that say so."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import hostkeep
from hostkeep.runtime import registry

ROOT = Path(hostkeep.__file__).parent
LINES = {
    "aiohttp", "aiosmtplib", "asyncore", "dns", "ftplib", "grpc", "http.client", "httpx", "imaplib", "nntplib", "paramiko",
    "poplib", "pylxd", "requests", "smtplib", "socket", "telnetlib", "urllib.request", "urllib3", "websockets", "xmlrpc",
}  # fmt: skip
"""Modules that open lines of their own."""

MAY = {
    "runtime/egress.py": {"httpx"},  # the one way out
    "runtime/destinations.py": {"socket"},  # looks names up for it
    "runtime/loopback.py": {"http.client", "socket"},  # this machine asks itself
    "adapters/mailers/smtp/line.py": {"smtplib", "socket"},  # named in its manifest
    "adapters/mailers/smtp/lookup.py": {"dns"},  # named in its manifest
    "adapters/provisioners/lxd/daemon.py": {"pylxd", "requests"},  # pylxd, named in its manifest, raises errors of requests
}
"""Who may, and why.  Each line is needed: one that is not used any more fails too."""


def imported(path: Path) -> set[str]:
    """Every module a file imports, and every name it takes from one, dotted."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module} | {f"{node.module}.{each.name}" for each in node.names}
    return found


def lines_of(path: Path) -> set[str]:
    """The modules of LINES that a file uses."""
    names = imported(path)
    return {line for line in LINES if any(name == line or name.startswith(f"{line}.") for name in names)}


def test_only_named_places_open_lines() -> None:
    found = {str(path.relative_to(ROOT)): lines_of(path) for path in ROOT.rglob("*.py")}
    assert {place: lines for place, lines in found.items() if lines} == MAY


def test_the_search_finds_what_it_looks_for(tmp_path: Path) -> None:
    for text in ("import socket", "from urllib.request import urlopen", "from urllib import request", "import httpx as h",
                 "def f():\n    import smtplib\n", "from http import client"):
        (tmp_path / "x.py").write_text(text)
        assert lines_of(tmp_path / "x.py"), text
    (tmp_path / "x.py").write_text("from urllib.parse import quote\nfrom http.cookies import SimpleCookie\n")
    assert lines_of(tmp_path / "x.py") == set()


@pytest.mark.parametrize(
    ("group", "name", "lines"),
    [("hostkeep.mailers", "smtp", {"smtplib", "dns.resolver"}), ("hostkeep.provisioners", "lxd", {"pylxd"})],
)
def test_a_driver_with_lines_of_its_own_says_so(group: str, name: str, lines: set[str]) -> None:
    assert lines <= set(registry.load(group, name).manifest.sockets)


def test_nobody_makes_a_package_but_the_gate() -> None:
    makers = []
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute)):
                called = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                if called == "Package":
                    makers.append(str(path.relative_to(ROOT)))
    assert makers == ["vault/disclosing.py"]


def test_drivers_in_the_box_disclose_mail_to_its_receiver_and_tax_numbers_to_their_registry() -> None:
    groups = ("hostkeep.gateways", "hostkeep.provisioners", "hostkeep.mailers", "hostkeep.tax_numbers")
    manifests = [registry.load(group, name).manifest for group in groups for name in registry.names(group)]
    told = {each.name: set(each.discloses) for each in manifests if each.discloses or each.recipient}
    assert told == {"smtp": {"email"}, "stripe": set(), "vies": {"tax_id"}}, (
        "Stripe is told an amount and keys of ours, nobody's values; the Commission a number to look up"
    )
