"""`hostkeep demo`: everything on one machine, started in order and stopped together."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from hostkeep.faces.cli.keeping import say
from hostkeep.faces.cli.serving import gather
from hostkeep.runtime import loopback, postgres

MAIN = (sys.executable, "-m", "hostkeep.project.main")
PATIENCE = 600
"""Seconds until the pages are given up; a process that ended is seen at once."""

SAID_AGAIN = 15
"""Seconds between two lines that say so."""


class Children:
    """The processes of the demo.  Each leads a group of its own, so that its own children end with it."""

    def __init__(self) -> None:
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, *argv: str) -> None:
        """Start one."""
        self.running.append(subprocess.Popen(argv, start_new_session=True))  # noqa: S603  our own programs

    def ended(self) -> bool:
        """Say whether one of them has ended by itself."""
        return any(child.poll() is not None for child in self.running)

    def stop(self) -> None:
        """End them, last started first, and wait."""
        for child in reversed(self.running):
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGTERM)
        for child in self.running:
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()


def run_demo(*, port: int, data: str) -> int:
    """Start database, mail sink, worker and pages; return when told to stop."""
    folder = Path(data).resolve()
    _environment(folder, port)
    if loopback.is_taken(port):
        sys.stderr.write(f"hostkeep: port {port} is taken; choose another with PORT=\n")
        return 2
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    server = postgres.start(folder)
    children = Children()
    try:
        _prepare(folder, port, server)
        return _serve(children, folder, port)
    except KeyboardInterrupt:
        return 0
    finally:
        children.stop()
        postgres.stop(server)


def _environment(folder: Path, port: int) -> None:
    """Say to this process and its children that this is the demo."""
    os.environ.setdefault("HOSTKEEP_PUBLIC_URL", f"http://localhost:{port}")
    os.environ["HOSTKEEP_DATA"] = str(folder)
    os.environ["HOSTKEEP_DEMO"] = "1"
    os.environ.setdefault("HOSTKEEP_LOG_LEVEL", "WARNING")


def _prepare(folder: Path, port: int, server: postgres.Server) -> None:
    """Migrate, load the brands, make the demo's logins, gather static files: what is missing of it."""
    import django

    django.setup()
    from django.conf import settings

    from hostkeep.faces.cli import demo_codes, demo_people
    from hostkeep.faces.cli.setting_up import check_book, check_world
    from hostkeep.runtime import migrating
    from hostkeep.vault.sealing import check_keyring

    migrating.migrate()
    check_keyring()
    check_book()
    check_world()
    _load_brands(settings.HOSTKEEP.brands)
    demo_file = folder / "demo.json"
    if not demo_file.exists():
        from hostkeep.brands.queries import all_brands

        accounts = demo_people.demo_accounts(all_brands())
        demo_codes.make_demo_codes()
        url = server.url("postgres")
        demo_people.write_demo_file(
            demo_file, base_url=f"http://localhost:{port}", database_url=url, accounts=accounts
        )
    demo_people.note_base_url(demo_file, f"http://localhost:{port}")
    gather()


def _load_brands(brands: Path) -> None:
    """Load every brand at the first start; later only say where a file differs from what is in force."""
    from hostkeep.brands.queries import all_brands, versions_of
    from hostkeep.faces.cli.acts import act_of_operator
    from hostkeep.flows.brandloading import load_folder
    from hostkeep.kernel.ids import BrandId
    from hostkeep.policy.compile import compile_policy

    known = {row.id for row in all_brands()}
    for place in sorted(brands.iterdir()):
        if not (place / "brand.toml").exists():
            continue
        brand = BrandId(place.name)
        if brand not in known:
            load_folder(act_of_operator(), folder=place)
            continue
        text = (place / "policy.yaml").read_text(encoding="utf-8")
        if compile_policy(text, file=str(place)).digest not in {v.digest for v in versions_of(brand)}:
            say(f"{place}/policy.yaml differs from what is in force; to load it: hostkeep brand load {place}")


def _serve(children: Children, folder: Path, port: int) -> int:
    """Start the processes, wait until pages answer, then until one ends or we are told to stop."""
    mail = folder / "mail"
    children.start(
        sys.executable, "-m", "hostkeep.faces.demo.sink", "--folder", str(mail),
        "--port-file", str(folder / "mail-port"), "--route-file", str(folder / "mail-route"),
    )  # fmt: skip
    children.start(*MAIN, "worker")
    children.start(*MAIN, "serve", "--port", str(port))
    if not _answers(port, children):
        sys.stderr.write("hostkeep: the pages did not come up; see the lines above\n")
        return 1
    _tell(folder, port)
    while not children.ended():
        time.sleep(0.5)
    sys.stderr.write("hostkeep: a part of the demo ended by itself; stopping the rest\n")
    return 1


def _answers(port: int, children: Children) -> bool:
    """Wait until the server says that it is ready."""
    began = told = time.monotonic()
    while time.monotonic() < began + PATIENCE and not children.ended():
        if loopback.answers(port, "/health/ready"):
            return True
        if time.monotonic() > told + SAID_AGAIN:
            told = time.monotonic()
            say(f"Waiting for the pages, {told - began:.0f} s")
        time.sleep(0.1)
    return False


def _tell(folder: Path, port: int) -> None:
    """Print the logins, then that it is ready."""
    told = json.loads((folder / "demo.json").read_text(encoding="utf-8"))
    password = told["accounts"][0]["password"]
    say(f"Demo logins: ann@example.test, binh@example.test at each brand; password {password}")
    say(f"Staff at http://localhost:{port}/staff/: owner@, support@, billing@, privacy@hostkeep.test,")
    say(f"same password; their second factors stand in {folder / 'demo.json'}")
    say(f"Hostkeep is ready at http://localhost:{port}")
