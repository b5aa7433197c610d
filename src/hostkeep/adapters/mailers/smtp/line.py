"""One talk with one mail host."""

from __future__ import annotations

import contextlib
import re
import smtplib
import socket
import ssl
from dataclasses import dataclass
from typing import Any

from hostkeep.adapters.mailers.smtp.config import Config
from hostkeep.adapters.mailers.smtp.lookup import Place
from hostkeep.drivers.mail import Bounced, Later, Letter, Outcome, Taken

_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?!\S)", re.ASCII)
LONGEST_PROOF = 100

READY = 220
"""Source: RFC 5321 section 4.2.2 (service ready), RFC 3207 section 4 (ready to start TLS)."""

GRANTED = range(200, 300)
FOR_GOOD = 500
"""Source: RFC 5321 section 4.2.1: 2yz is a yes, 4yz may be tried again, 5yz may not."""


@dataclass(frozen=True, slots=True)
class NotHere:
    """This host gave no verdict on the letter: try the next.  code: why."""

    code: str


class TlsBroke(Exception):
    """The host offers TLS, and the handshake failed."""


class Line(smtplib.SMTP):
    """An SMTP client that connects to an address chosen before, under the host's own name."""

    def __init__(self, place: Place, *, helo: str, timeout: float) -> None:
        self._place = place
        super().__init__(local_hostname=helo, timeout=timeout)
        self._host = place.name

    def _get_socket(self, host: str, port: int, timeout: Any) -> socket.socket:
        del host
        return socket.create_connection((self._place.address, port), timeout)


def talk(letter: Letter, place: Place, config: Config) -> Outcome | NotHere:
    """Give a letter to one host.  A host that only offers TLS and fails at it is asked once more without."""
    try:
        return _attempt(letter, place, config, secure=context_of(config))
    except TlsBroke:
        if config.starttls == "required":
            return NotHere("no_tls")
        return _attempt(letter, place, config, secure=None)


def context_of(config: Config) -> ssl.SSLContext:
    """Return how TLS is spoken: with the demanded authorities checked, or else encrypted only.

    Source: RFC 7435: some protection most of the time; certificates of mail hosts seldom match.
    """
    if config.ca and config.starttls == "required":
        return ssl.create_default_context(cafile=config.ca)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _attempt(
    letter: Letter, place: Place, config: Config, *, secure: ssl.SSLContext | None
) -> Outcome | NotHere:
    """Talk once.  A line that breaks before the letter is on its way counts against the host alone."""
    client = Line(place, helo=config.helo, timeout=config.timeout)
    try:
        unready = _greet(client, place, config, secure)
        return unready or _deliver(client, letter)
    except smtplib.SMTPNotSupportedError:
        return Bounced("smtputf8")
    except (OSError, smtplib.SMTPException):
        return NotHere("line_broke")
    finally:
        client.close()


def _greet(client: Line, place: Place, config: Config, secure: ssl.SSLContext | None) -> NotHere | None:
    """Connect, say hello and protect the line; return why this host will not do, if it will not."""
    code, _ = client.connect(place.name, place.port)
    if code != READY:
        return NotHere(str(code))
    client.ehlo_or_helo_if_needed()
    if secure is not None and client.has_extn("starttls"):
        try:
            code, _ = client.starttls(context=secure)
        except (ssl.SSLError, smtplib.SMTPServerDisconnected, ConnectionError):
            raise TlsBroke from None
        if code == READY:
            client.ehlo_or_helo_if_needed()
            return None
    return NotHere("no_tls") if config.starttls == "required" else None


def _deliver(client: Line, letter: Letter) -> Outcome:
    """Say from whom and to whom, then the letter.

    Once the letter is out a broken line is Later, and the other hosts are not tried: the letter may have
    arrived.  It goes out again with the same Message-ID.
    """
    options = [] if letter.body.isascii() or not client.has_extn("8bitmime") else ["BODY=8BITMIME"]
    if not (letter.sender + letter.to).isascii():
        options.append("SMTPUTF8")
    for code, said in (client.mail(letter.sender, options), client.rcpt(letter.to)):
        if code not in GRANTED:
            return verdict(code, said)
    try:
        code, said = client.data(letter.body)
    except smtplib.SMTPDataError as error:
        return verdict(error.smtp_code, _bytes(error.smtp_error))
    except (OSError, smtplib.SMTPException):
        return Later("line_broke")
    with contextlib.suppress(OSError, smtplib.SMTPException):  # it has the letter already
        client.quit()
    return verdict(code, said)


def verdict(code: int, said: bytes) -> Outcome:
    """Turn an answer into an outcome.  Nothing of its text is kept but codes and a queue id.

    Source: RFC 3463 section 2: enhanced codes.
    """
    text = said.decode("ascii", "replace")
    if code in GRANTED:
        return Taken(proof_of(code, text))
    enhanced = _ENHANCED.search(text)
    shown = f"{code} {enhanced.group()}" if enhanced else str(code)
    return Bounced(shown) if code >= FOR_GOOD else Later(shown)


def proof_of(code: int, text: str) -> str:
    """Return the last line of an answer without words that could name a person: those with an @ in them."""
    last = text.strip().splitlines()[-1:] or [""]
    words = ["".join(c for c in word if c.isprintable()) for word in last[0].split() if "@" not in word]
    return " ".join([str(code), *words])[:LONGEST_PROOF]


def _bytes(text: bytes | str) -> bytes:
    """Return what smtplib gives as bytes or text as bytes."""
    return text if isinstance(text, bytes) else text.encode("ascii", "replace")
