"""A mail as it leaves: pure, from parts to the bytes of a message."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from email import policy as mail_policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from hostkeep.messaging.errors import BadAddress

LONGEST_ADDRESS = 254
"""Source: RFC 5321 section 4.5.3.1.3, less the angle brackets."""

_LOCAL = re.compile(r"[^\s\x00-\x20\x7f\"(),:;<>@\[\\\]]{1,64}")
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*")


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who writes to whom.

    brand        slug of the brand
    sender_name  shown name of the sender
    sender       bare address of the sender; its domain is the brand's mail domain
    to           bare address of the one who gets it
    token        random letters and digits, the same at each attempt
    at           aware; the message's date
    language     of the text: "en"
    """

    brand: str
    sender_name: str
    sender: str
    to: str
    token: str
    at: datetime
    language: str


@dataclass(frozen=True, slots=True)
class Words:
    """What a mail says.  subject: one line.  text, html: the same in two forms."""

    subject: str
    text: str
    html: str


def one_line(text: str) -> str:
    """Return text fit for a header: no line ends, no control or format characters, single spaces."""
    kept = (" " if unicodedata.category(c) in {"Cc", "Zl", "Zp", "Cs"} else c for c in text)
    return " ".join("".join(kept).split())


def body_text(text: str) -> str:
    """Return text fit for a body: line ends are newlines, other control characters are gone."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = (c if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs"} else " " for c in lines)
    return "".join(kept).strip("\n") + "\n"


def address_of(text: str) -> tuple[str, str]:
    """Split a bare address into its local part and its domain in ASCII.  Raises BadAddress."""
    local, at, domain = text.rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise BadAddress(part="domain") from None
    if not at or len(text) > LONGEST_ADDRESS or not _DOMAIN.fullmatch(ascii_domain):
        raise BadAddress(part="domain")
    if not _LOCAL.fullmatch(local) or one_line(local) != local:
        raise BadAddress(part="local")
    return local, ascii_domain


def build_message(envelope: Envelope, words: Words) -> bytes:
    """Return the whole message, CRLF line ends, in ASCII unless the local part of an address is not.

    Nothing that is said can add a header or a part: line ends and control characters become spaces in
    headers, and the bodies are quoted-printable.  The Message-ID is made of envelope.token alone, so
    that a message handed over twice has the same one and the other side can drop the second.
    Raises BadAddress.
    Source: RFC 5322 (format), RFC 2045 and 2047 (encodings), RFC 3834 section 5 (Auto-Submitted).
    """
    local, domain = address_of(envelope.to)
    own_local, own_domain = address_of(envelope.sender)
    wide = not (local.isascii() and own_local.isascii())
    message = EmailMessage(policy=mail_policy.SMTPUTF8 if wide else mail_policy.SMTP)
    message["From"] = Address(one_line(envelope.sender_name), own_local, own_domain)
    message["To"] = Address("", local, domain)
    message["Subject"] = one_line(words.subject)
    message["Date"] = format_datetime(envelope.at)
    message["Message-ID"] = f"<{envelope.token}@{own_domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Hostkeep-Brand"] = one_line(envelope.brand)
    message.set_content(body_text(words.text), cte="quoted-printable")
    message.add_alternative(body_text(words.html), subtype="html", cte="quoted-printable")
    message["Content-Language"] = one_line(envelope.language)
    return message.as_bytes()
