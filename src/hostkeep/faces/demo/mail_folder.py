"""Reading the sink's folder."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email import policy as mail_policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

_ID = re.compile(r"[0-9]{20}-[0-9a-f]{8}", re.ASCII)


@dataclass(frozen=True, slots=True)
class KeptMail:
    """One mail as it arrived.

    id       name of its file
    brand    slug, from the header X-Hostkeep-Brand; empty for mail that is not ours
    to       addresses of the SMTP envelope, joined by a comma and a blank
    line     "tls" or "plain": how it came
    at       the mail's own date, else when it came
    headers  each header once, the first of its name
    text, html  the two forms of the body, each may be empty
    """

    id: str
    brand: str
    to: str
    line: str
    at: datetime
    subject: str
    headers: Mapping[str, str]
    text: str
    html: str


def kept_mails(folder: Path, *, to: str = "", brand: str = "") -> Iterator[KeptMail]:
    """Read the mails in a folder, newest first.  to, brand: only those; empty means any."""
    for path in sorted(folder.glob("*.json"), reverse=True):
        mail = _read(path)
        if mail is None or (brand and mail.brand != brand):
            continue
        if not to or to.lower() in mail.to.lower().split(", "):
            yield mail


def kept_mail(folder: Path, mail_id: str) -> KeptMail | None:
    """Return one mail, or None if it is not there or the id is none."""
    return _read(folder / f"{mail_id}.json") if _ID.fullmatch(mail_id) else None


def _read(path: Path) -> KeptMail | None:
    """Read one file; None if it was dropped meanwhile."""
    try:
        meta: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    message = message_from_bytes(base64.b64decode(meta["raw"]), policy=mail_policy.default)
    headers: dict[str, str] = {}
    for name, value in message.items():
        headers.setdefault(name, str(value))
    return KeptMail(
        id=meta["id"],
        brand=headers.get("X-Hostkeep-Brand", ""),
        to=", ".join(meta["to"]),
        line=meta["line"],
        at=_date(headers.get("Date", ""), meta["id"]),
        subject=headers.get("Subject", ""),
        headers=headers,
        text=_body(message, "plain"),
        html=_body(message, "html"),
    )


def _date(text: str, mail_id: str) -> datetime:
    """Return the date a mail bears, or when it was kept if it bears none."""
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except ValueError:
        return datetime.fromtimestamp(int(mail_id.partition("-")[0]) / 1e9, UTC)


def _body(message: EmailMessage, form: str) -> str:
    """Return the text of a mail in one form, "plain" or "html"; empty if it has none we can read."""
    part = message.get_body(preferencelist=("plain",) if form == "plain" else ("html",))
    if part is None:
        return ""
    try:
        return str(part.get_content()).replace("\r\n", "\n")
    except (LookupError, KeyError, ValueError):
        return ""
