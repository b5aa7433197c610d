"""Network addresses of visits: what opens them in a policy, and whether one stays behind."""

from __future__ import annotations

from dataclasses import replace

from hostkeep.brands.queries import policy_in_force
from hostkeep.kernel.ids import BrandId, CategoryId, PurposeId
from hostkeep.policy.book import Policy
from hostkeep.policy.compile import compile_policy
from hostkeep.promises.evidence.tables import holding
from hostkeep.runtime import clock
from hostkeep.runtime.tallies import tally
from hostkeep.vault import door
from tests.rooms.brands.announcements import changed

IP = CategoryId("ip")
VISITOR = "2001:db8:4711:815:1:2:3:4"
STAFF = ("support", "billing", "sales", "engineer", "abuse", "owner", "clerk", "system")


def purposes_of_addresses(brand: str) -> set[str]:
    """The purposes for which an address may be read."""
    return _opens(policy_in_force(BrandId(brand), clock.now()))


def purposes_where_support_reads_them(brand: str) -> set[str]:
    """The same in a policy of the brand's that gives addresses to support too."""
    line = "- {categories: [ip], purposes: [diagnostics, site_administration], roles: [system, engineer]}"
    wider = changed(brand, (line, line.replace("[diagnostics,", "[support, diagnostics,")))
    return _opens(compile_policy(wider, file="p"))


def _opens(policy: Policy) -> set[str]:
    """The purposes for which a policy lets an address be read."""
    return {purpose for (category, purpose, _), cell in policy.table.items() if category == IP and cell}


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


def allowed(there, purpose: str) -> set[str]:
    """The roles that may read an address for a purpose."""
    return set(STAFF) - refused(there, purpose)


def left_by_a_visit(shop, brand: str) -> tuple[str, ...]:
    """Look around, try to log in and try to sign up from an address; return the tables that hold it."""
    browser = shop(brand, REMOTE_ADDR=VISITOR)
    for path in ("/", "/privacy/", "/auth/signup/", "/auth/login/", "/contact/"):
        browser.get(path)
    browser.post("/auth/login/", {"login": "nobody@example.test", "password": "not the password"})
    browser.post("/auth/signup/", {"email": "nobody@example.test", "shoe_size": "44"})
    return holding([VISITOR])


def a_kept_address_is_found(shop, brand: str) -> bool:
    """Say whether an address that somebody did keep would be found after a visit."""
    tally(brand=brand, kind="visit", name=VISITOR, at=clock.now())
    return left_by_a_visit(shop, brand) == ("runtime_tally",)
