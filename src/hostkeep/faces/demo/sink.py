"""Where the demo's mail ends up: a mail host of its own, in a process of its own, outside the database.

`python -m hostkeep.faces.demo.sink --folder F --port-file P` takes any mail on a free port of 127.0.0.1,
with STARTTLS, and keeps each as one file.  It knows nothing of the house but the form of these files,
which mail_folder.py reads.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import json
import os
import secrets
import signal
import ssl
import subprocess
import sys
import time
from collections import deque
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP

NEWEST = 1000
LARGEST = 30_000_000
CERTIFICATE_PROGRAM = "hostkeep.adapters.mailers.smtp.certificate"


class Keeper:
    """Keeps each mail as one file, 0600, and drops the oldest beyond `newest`."""

    def __init__(self, folder: Path, newest: int = NEWEST) -> None:
        """Keep mail in folder, which is made 0700."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        self._folder = folder
        self._newest = newest
        self._names = deque(sorted(path.name for path in folder.glob("*.json")))

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  aiosmtpd's name
        """Keep one mail; its answer to the other side."""
        del server
        kept = self.keep(
            sender=envelope.mail_from,
            to=list(envelope.rcpt_tos),
            body=envelope.original_content,
            line="tls" if session.ssl else "plain",
        )
        return f"250 2.0.0 kept as {kept}"

    def keep(self, *, sender: str, to: list[str], body: bytes, line: str) -> str:
        """Write one mail, whole or not at all; return its id.  line: "tls" or "plain"."""
        kept = f"{time.time_ns():020d}-{secrets.token_hex(4)}"
        raw = base64.b64encode(body).decode("ascii")
        meta = {"id": kept, "from": sender, "to": to, "line": line, "raw": raw}
        write_private(self._folder / f"{kept}.json", json.dumps(meta, ensure_ascii=False))
        self._names.append(f"{kept}.json")
        while len(self._names) > self._newest:
            (self._folder / self._names.popleft()).unlink(missing_ok=True)
        return kept


def write_private(path: Path, text: str) -> None:
    """Write a file that only we may read, whole or not at all."""
    draft = path.with_name(f".{path.name}.new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def tls_of(folder: Path) -> ssl.SSLContext:
    """Return how the sink speaks TLS, with a certificate made in folder/tls at the first start."""
    tls = folder / "tls"
    if not (tls / "certificate.pem").exists():
        subprocess.run([sys.executable, "-m", CERTIFICATE_PROGRAM, "--folder", str(tls)], check=True)  # noqa: S603
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tls / "certificate.pem", tls / "key.pem")
    return context


async def serve(folder: Path, *, port_file: Path, route_file: Path | None) -> None:
    """Take mail until SIGTERM or SIGINT; tell the port, and the route to it, in the files."""
    loop = asyncio.get_running_loop()
    keeper, tls = Keeper(folder), tls_of(folder)

    def host() -> SMTP:
        return SMTP(
            keeper, loop=loop, hostname="localhost", ident="sink", data_size_limit=LARGEST,
            tls_context=tls, enable_SMTPUTF8=True,
        )  # fmt: skip

    server = await loop.create_server(host, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    if route_file is not None:
        write_private(route_file, f"* 127.0.0.1:{port}\n")
    write_private(port_file, f"{port}\n")
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    async with server:
        await over.wait()


def main() -> None:
    """Run the sink as the command line says."""
    parser = argparse.ArgumentParser(description="Take every mail and keep it in a folder.")
    parser.add_argument("--folder", required=True, type=Path, help="where the mails are kept, 0700")
    parser.add_argument("--port-file", required=True, type=Path, help="gets the port as one line")
    parser.add_argument("--route-file", type=Path, help="gets the mailer's route to this port")
    words = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(words.folder, port_file=words.port_file, route_file=words.route_file))


if __name__ == "__main__":
    main()
