"""What leaves, as it was seen on the line: a program that writes down packets, and one that takes them outside.

`python -m tests.real.recording packets --line L --file F` writes one line a packet that leaves on L or on the
loopback.  `python -m tests.real.recording world --folder F --tls T` is the rest of the world: mail hosts on
port 25 of every address, and pages on port 8080 that take whatever is posted.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import socket
import ssl
import struct
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ALL_PROTOCOLS, OUTGOING, IPV4, IPV6 = 3, 4, 0x0800, 0x86DD
TCP, UDP, ICMP6 = 6, 17, 58


@dataclass(slots=True)
class Flow:
    """One way of one connection: everything that went there.  line: the interface it left on."""

    line: str
    protocol: int
    source: str
    to: str
    port: int
    said: bytearray = field(default_factory=bytearray)

    @property
    def place(self) -> tuple[str, int]:
        return (self.to, self.port)


def read_packet(line: str, kind: int, packet: bytes) -> dict[str, Any] | None:
    """Take an IP packet apart.  None: the line's own talk (ARP, neighbours)."""
    if kind == IPV4:
        length, protocol = (packet[0] & 15) * 4, packet[9]
        source, to = (socket.inet_ntop(socket.AF_INET, packet[n : n + 4]) for n in (12, 16))
        packet = packet[: struct.unpack("!H", packet[2:4])[0]] if line != "lo" else packet
    elif kind == IPV6:
        length, protocol = 40, packet[6]
        source, to = (socket.inet_ntop(socket.AF_INET6, packet[n : n + 16]) for n in (8, 24))
    else:
        return None
    if protocol == ICMP6 or to.startswith("ff"):
        return None
    rest, source_port, port = packet[length:], 0, 0
    if protocol in {TCP, UDP}:
        source_port, port = struct.unpack("!HH", rest[:4])
        rest = rest[(rest[12] >> 4) * 4 :] if protocol == TCP else rest[8:]
    return {
        "line": line, "protocol": protocol, "source": source, "from": source_port, "to": to, "port": port,
        "said": base64.b64encode(rest).decode(),
    }  # fmt: skip


def record_packets(line: str, file: Path) -> None:
    """Write down what leaves, for ever."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.ntohs(ALL_PROTOCOLS)) as ear, file.open("a") as book:
        ear.setsockopt(socket.SOL_SOCKET, 33, 64_000_000)  # SO_RCVBUFFORCE: drop nothing
        print("recording", flush=True)
        while True:
            packet, (name, kind, way, *_) = ear.recvfrom(70_000)
            if way != OUTGOING or name not in {line, "lo"}:
                continue
            seen = read_packet(name, kind, packet)
            if seen is not None:
                book.write(json.dumps(seen) + "\n")
                book.flush()


def flows_of(file: Path) -> list[Flow]:
    """Put what was written down together by connection."""
    flows: dict[tuple, Flow] = {}
    for text in file.read_text().splitlines():
        seen = json.loads(text)
        key = (seen["line"], seen["protocol"], seen["source"], seen["from"], seen["to"], seen["port"])
        flow = flows.setdefault(key, Flow(seen["line"], seen["protocol"], seen["source"], seen["to"], seen["port"]))
        flow.said += base64.b64decode(seen["said"])
    return list(flows.values())


def spellings(value: str) -> Iterator[bytes]:
    """How a value may stand in what was sent: plain, in a form, in JSON, in base64 at any offset, in hex."""
    from urllib.parse import quote, quote_plus

    plain = value.encode()
    yield from (plain, plain.lower(), quote(value).encode(), quote_plus(value).encode(), json.dumps(value)[1:-1].encode())
    yield plain.hex().encode()
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + plain)
        inner = whole[(4 if shift else 0) : len(whole) - 4]
        if len(inner) >= 8:
            yield inner


def found_in(said: bytes, values: dict[str, str]) -> dict[str, str]:
    """Which values stand in what was sent, in whatever spelling."""
    low = said.lower()
    return {
        name: value
        for name, value in values.items()
        if any(form in said or form.lower() in low for form in spellings(value))
    }


async def be_the_world(folder: Path, tls: Path) -> None:
    """Take mail and posts at every address, until told to stop.

    Each mail lies in folder/<address of the host>/, each post in folder/posts/.
    """
    from aiosmtpd.smtp import SMTP

    from hostkeep.faces.demo.sink import Keeper, tls_of

    loop, keepers = asyncio.get_running_loop(), {}
    context: ssl.SSLContext = tls_of(tls)

    class ByHost:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            host = server.transport.get_extra_info("sockname")[0]
            keeper = keepers.setdefault(host, Keeper(folder / host, newest=10_000))
            line = "tls" if session.ssl else "plain"
            kept = keeper.keep(sender=envelope.mail_from, to=list(envelope.rcpt_tos), body=envelope.original_content, line=line)
            return f"250 2.0.0 kept as {kept}"

    def host() -> SMTP:
        return SMTP(ByHost(), loop=loop, hostname="mail.world", ident="world", tls_context=context, enable_SMTPUTF8=True)

    posts = folder / "posts"
    posts.mkdir(parents=True, exist_ok=True)
    count = defaultdict(int)

    async def page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = writer.get_extra_info("sockname")[0]
        head = await reader.readuntil(b"\r\n\r\n")
        size = next((int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
        body = await reader.readexactly(size)
        count[there] += 1
        (posts / f"{there}-{count[there]}").write_bytes(head + body)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        await writer.drain()
        writer.close()

    mail = await loop.create_server(host, "0.0.0.0", 25)
    pages = await asyncio.start_server(page, "0.0.0.0", 8080)
    print("turning", flush=True)
    async with mail, pages:
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["packets", "world"])
    for word in ("--line", "--file", "--folder", "--tls"):
        parser.add_argument(word)
    words = parser.parse_args()
    if words.what == "packets":
        record_packets(words.line, Path(words.file))
    else:
        asyncio.run(be_the_world(Path(words.folder), Path(words.tls)))


if __name__ == "__main__":
    main()
