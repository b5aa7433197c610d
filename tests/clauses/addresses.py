"""Network addresses of visits: what opens them in a policy, and whether one stays behind."""

from __future__ import annotations

from dataclasses import replace

from hostkeep.brands.queries import policy_in_force
from hostkeep.kernel.ids import BrandId, CategoryId, PurposeId
from hostkeep.promises.evidence.tables import holding
from hostkeep.runtime import clock
from hostkeep.vault import door

IP = CategoryId("ip")
VISITOR = "2001:db8:4711:815:1:2:3:4"
STAFF = ("support", "billing", "sales", "engineer", "abuse", "owner", "clerk", "system")


def purposes_of_addresses(brand: str) -> set[str]:
    """The purposes for which an address may be read."""
    table = policy_in_force(BrandId(brand), clock.now()).table
    return {purpose for (category, purpose, _), cell in table.items() if category == IP and cell}


def refused(there, purpose: str) -> set[str]:
    """The roles that are refused an address for a purpose."""
    found = set()
    for role in STAFF:
        act = replace(there.act, at=clock.now(), role=role, purpose=PurposeId(purpose))
        try:
            door.reveal(act, subject=there.canary.subject, category=IP, reason="I would like to know")
        except door.Refused:
            found.add(role)
    return found


def left_by_a_visit(shop, brand: str) -> tuple[str, ...]:
    """Look around, try to log in and try to sign up from an address; return the tables that hold it."""
    browser = shop(brand, REMOTE_ADDR=VISITOR)
    for path in ("/", "/privacy/", "/auth/signup/", "/auth/login/", "/contact/"):
        browser.get(path)
    browser.post("/auth/login/", {"login": "nobody@example.test", "password": "not the password"})
    browser.post("/auth/signup/", {"email": "nobody@example.test", "shoe_size": "44"})
    return holding([VISITOR])
