"""Which clauses a value in clear speaks against, and which promise an end: at six policies, by their own words."""

from __future__ import annotations

import pytest

from hostkeep.kernel import detectors
from hostkeep.policy.compile import compile_policy
from hostkeep.promises.rules.speaking import classes_ended_by, clauses_against, shapes_against
from tests.conftest import ROOT

POLICIES = {
    **{slug: ROOT / "brands" / slug for slug in ("photonvps", "vietnam-server", "vpn", "vps6", "vpsfast")},
    "everything": ROOT / "tests" / "brands" / "everything",
}


def policy_of(slug: str):
    return compile_policy((POLICIES[slug] / "policy.yaml").read_text(encoding="utf-8"), file=slug)


AGAINST = {
    "vpsfast": {"email phone ip iban canary": "VF-2 VF-6", "card": "VF-5 VF-6"},
    "vps6": {"email phone iban canary": "V6-2", "ip": "V6-2 V6-7", "card": "V6-2 V6-3"},
    "photonvps": {"email phone iban card canary": "PH-10 PH-6", "ip": "PH-10 PH-2"},
    "vpn": {"email canary": "VPN-14 VPN-3 VPN-7", "phone ip": "VPN-3 VPN-7", "card iban": "VPN-5 VPN-7"},
    "vietnam-server": {"email phone iban card canary": "VS-16 VS-3", "ip": "VS-16 VS-5"},
    "everything": {"email phone ip iban card canary": "EV-15 EV-2"},
}
"""By brand: shapes, and the clauses that speak of them."""

CASES = {
    (slug, shape): set(clauses.split())
    for slug, told in AGAINST.items()
    for shapes, clauses in told.items()
    for shape in shapes.split()
}

ENDS = {
    "vpsfast": {"VF-6": "security", "VF-7": "session", "VF-10": "account fiscal support"},
    "vps6": {"V6-7": "traffic", "V6-8": "statistics", "V6-9": "session", "V6-14": "account fiscal kyc security support"},
    "photonvps": {
        "PH-2": "traffic", "PH-3": "session", "PH-9": "community", "PH-10": "security", "PH-12": "account fiscal support",
    },
    "vpn": {
        "VPN-3": "security traffic", "VPN-5": "fiscal", "VPN-6": "session", "VPN-9": "archive", "VPN-10": "account support",
    },
    "vietnam-server": {
        "VS-4": "session", "VS-5": "traffic", "VS-7": "account fiscal kyc registry security support", "VS-8": "content",
    },
    "everything": {
        "EV-6": "account community content fiscal kyc registry security session statistics support traffic",
        "EV-7": "archive",
    },
}  # fmt: skip
"""By brand: the clauses that promise an end, and of what."""


@pytest.mark.parametrize(("slug", "shape"), sorted(CASES))
def test_a_value_in_clear_speaks_against_the_clauses_of_its_category(slug: str, shape: str) -> None:
    assert clauses_against(policy_of(slug), shape) == CASES[slug, shape]


def test_every_shape_is_tried_at_every_policy() -> None:
    assert set(CASES) == {(slug, shape) for slug in POLICIES for shape in detectors.NAMES}


@pytest.mark.parametrize("slug", sorted(POLICIES))
def test_the_shapes_of_a_clause_are_those_that_speak_against_it(slug: str) -> None:
    told = {(clause, shape) for clause, shapes in shapes_against(policy_of(slug)).items() for shape in shapes}

    assert told == {(clause, shape) for (at, shape), clauses in CASES.items() if at == slug for clause in clauses}


@pytest.mark.parametrize("slug", sorted(POLICIES))
def test_every_class_ends_by_the_clause_that_says_so(slug: str) -> None:
    found = {clause: " ".join(sorted(names)) for clause, names in classes_ended_by(policy_of(slug)).items()}

    assert found == ENDS[slug]


def test_a_policy_that_promises_no_encryption_has_no_clause_for_it() -> None:
    source = (POLICIES["vpsfast"] / "policy.yaml").read_text(encoding="utf-8")
    bare = compile_policy(source.replace("dpv:EncryptionAtRest, ", ""), file="bare")

    assert clauses_against(bare, "card") == {"VF-5"}
