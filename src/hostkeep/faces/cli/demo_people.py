"""Logins for the demo and for staff."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from hostkeep.brands.queries import BrandRow, policy_in_force, version_in_force
from hostkeep.faces.cli.acts import act_of_operator
from hostkeep.faces.signin.logins import enrol_totp, known_login, make_login
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import OPERATOR, CategoryId, SubjectId
from hostkeep.people.actions.joining import accept_statements, make_staff, open_account
from hostkeep.runtime import brand as running_brand

STAFF = ("owner", "support", "billing", "privacy")
CUSTOMERS = ("ann", "binh")
NAMES = {"ann": "Ann Example", "binh": "Bình Ví Dụ"}
ADDRESS = {
    "address": "Example Street 1", "city": "Utrecht", "postal_code": "3511 AA", "region": "", "country": "NL",
}  # fmt: skip
VALUES = {"phone": "+31201234567", "address": json.dumps(ADDRESS, sort_keys=True)}


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """A login of the demo.  brand: empty for staff.  totp_secret: empty where there is none."""

    brand: str
    role: str
    email: str
    password: str
    totp_secret: str


def add_staff(*, email: str, role: str, password: str) -> str:
    """Make a staff login with a second factor; return its TOTP secret."""
    with running_brand.during(OPERATOR):
        act = act_of_operator()
        user = make_login(email=email, password=password, at=act.at)
        make_staff(act, user=user, role=role)
        return enrol_totp(user)


def add_customer(brand: BrandRow, *, who: str, password: str) -> DemoAccount:
    """Make a confirmed customer of a brand with made-up values, as far as its policy asks any."""
    email = f"{who}@example.test"
    with running_brand.during(brand.id):
        act = act_of_operator(brand=brand.id, purpose="account")
        if known_login(email) is None:
            user = make_login(email=email, password=password, at=act.at)
            joined = open_account(act, user=user, values=_values(brand, who, email, act.at), language="en")
            _accept(act, brand, joined.subject)
    return DemoAccount(brand.id, "customer", email, password, "")


def _accept(act: Act, brand: BrandRow, subject: SubjectId) -> None:
    """Record what the sign-up form would have shown and asked to tick."""
    version = version_in_force(brand.id, act.at)
    form = policy_in_force(brand.id, act.at).forms["signup"]
    shown = sorted({s.id for s in form.statements} | {"storage_notice"})
    accept_statements(
        act, subject=subject, statements=shown, version=version.version, digest=version.digest, form="signup"
    )


def _values(brand: BrandRow, who: str, email: str, at: datetime) -> dict[CategoryId, str]:
    """Return what this brand's sign-up form asks, made up."""
    made_up = {**VALUES, "name": NAMES[who], "email": email}
    form = policy_in_force(brand.id, at).forms["signup"]
    return {f.category: made_up[f.category] for f in form.fields if f.category in made_up}


def demo_accounts(brands: tuple[BrandRow, ...]) -> list[DemoAccount]:
    """Make all logins of the demo under one fresh password."""
    password = f"try-{secrets.token_hex(5)}"
    made = []
    for role in STAFF:
        email = f"{role}@hostkeep.test"
        secret = add_staff(email=email, role=role, password=password)
        made.append(DemoAccount("", role, email, password, secret))
    made.extend(add_customer(brand, who=who, password=password) for brand in brands for who in CUSTOMERS)
    return made


def write_demo_file(path: Path, *, base_url: str, database_url: str, accounts: list[DemoAccount]) -> None:
    """Write demo.json for scripts, readable by us alone."""
    body = {"base_url": base_url, "database_url": database_url, "accounts": [asdict(a) for a in accounts]}
    _write(path, body)


def note_base_url(path: Path, base_url: str) -> None:
    """Write down where a demo stands that was started again, perhaps on another port."""
    body = json.loads(path.read_text(encoding="utf-8"))
    if body["base_url"] != base_url:
        _write(path, {**body, "base_url": base_url})


def _write(path: Path, body: Mapping[str, object]) -> None:
    """Write a file that we alone may read."""
    handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(body, file, indent=1)
