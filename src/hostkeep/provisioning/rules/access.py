"""Access data that staff type: what can be right."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address

from hostkeep.provisioning.errors import BadAccessData

LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
NAME = re.compile(rf"(?=.{{1,253}}$){LABEL}(?:\.{LABEL})+")
LOGIN = re.compile(r"[A-Za-z0-9._-]{0,64}")
LONGEST_SECRET = 4000
ACCESS = "access"
"""The name of the secret that staff type."""


@dataclass(frozen=True, slots=True)
class Access:
    """Access data of a service.

    facts    what may be shown in the open: address, login
    secrets  what goes to the vault, by name; empty where there is none
    """

    facts: Mapping[str, str]
    secrets: Mapping[str, str]


def access_data(*, address: str, login: str, secret: str) -> Access:
    """Read what staff typed.

    address  an IP address or a host name, or empty
    login    a technical login name such as "root", or empty; it is shown in the open and holds no person
    secret   password or other text, at most 4,000 characters, or empty
    Raises BadAccessData.
    """
    facts = {"address": _address(address.strip()), "login": login.strip()}
    if not LOGIN.fullmatch(facts["login"]):
        raise BadAccessData(field="login")
    if len(secret) > LONGEST_SECRET or "\x00" in secret:
        raise BadAccessData(field="secret")
    text = secret.strip()
    return Access({k: v for k, v in facts.items() if v}, {ACCESS: text} if text else {})


def _address(text: str) -> str:
    if not text:
        return ""
    try:
        return str(ip_address(text))
    except ValueError:
        if re.fullmatch(r"[0-9.]+", text) or not NAME.fullmatch(text.lower()):
            raise BadAccessData(field="address") from None
        return text.lower()
