"""The peers of the decision table, run by the Python of their own virtual environment.

Reads one JSON line with the policy and the questions, then one command a line: "answers PEER" gives every answer,
"time PEER N" the seconds that N questions take.  Writes one JSON line for each.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

Question = tuple[str, str, str, list[str]]
Peer = tuple[Callable[[Question], object], Callable[[object], bool]]
"""How a question is put in the peer's own form, and how it is answered then."""

CASBIN_MODEL = """
[request_definition]
r = role, purpose, category, has

[policy_definition]
p = role, purpose, category, needs

[policy_effect]
e = some(where (p.eft == allow))

[matchers]
m = r.role == p.role && r.purpose == p.purpose && r.category == p.category && brought(r.has, p.needs)
"""


def fast_enforcer(given: dict) -> Peer:
    """pycasbin's FastEnforcer, with the keys that let it skip most rules."""
    import casbin
    from casbin.model import FastModel

    model = FastModel([0, 1, 2])
    model.load_model_from_text(CASBIN_MODEL)
    enforcer = casbin.FastEnforcer(model, cache_key_order=[0, 1, 2])
    enforcer.add_function("brought", lambda has, needs: set(needs.split()) <= set(has.split()))
    for category, purpose, role, needs in given["cells"]:
        enforcer.add_policy(role, purpose, category, " ".join(needs))

    def put(question: Question) -> tuple[str, str, str, str]:
        category, purpose, role, has = question
        return role, purpose, category, " ".join(has)

    return put, lambda put_so: enforcer.enforce(*put_so)


def cedar(given: dict, *, parsed: bool) -> Peer:
    """cedarpy, one decision a call.  parsed: whether the policy is handed over as a parsed set or as text."""
    import cedarpy

    text = "\n".join(_cedar_rule(grant) for grant in given["grants"])
    policies = cedarpy.PolicySet.from_str(text) if parsed else text
    entities = cedarpy.Entities.from_json_str("[]") if parsed else []

    def put(question: Question) -> dict:
        category, purpose, role, has = question
        return {
            "principal": f'Role::"{role}"',
            "action": f'Action::"{purpose}"',
            "resource": f'Category::"{category}"',
            "context": {"brought": has},
        }

    return put, lambda put_so: cedarpy.is_authorized(put_so, policies, entities).allowed


def _cedar_rule(grant: dict) -> str:
    """One grant as a rule of Cedar."""

    def each(kind: str, names: list[str]) -> str:
        return "[" + ", ".join(f'{kind}::"{name}"' for name in names) + "]"

    needs = "[" + ", ".join(f'"{need}"' for need in grant["needs"]) + "]"
    brought = f" && context.brought.containsAll({needs})" if grant["needs"] else ""
    return (
        f"permit (principal, action in {each('Action', grant['purposes'])}, resource) when {{ "
        f"{each('Category', grant['categories'])}.contains(resource) && "
        f"{each('Role', grant['roles'])}.contains(principal){brought} }};"
    )


def main() -> None:
    given = json.loads(sys.stdin.readline())
    questions = [tuple(question) for question in given["questions"]]
    peers = {
        "casbin": fast_enforcer(given),
        "cedar": cedar(given, parsed=True),
        "cedar-text": cedar(given, parsed=False),
    }
    for line in sys.stdin:
        command, peer, *rest = line.split()
        put, ask = peers[peer]
        if command == "answers":
            print(json.dumps([bool(ask(put(question))) for question in questions]), flush=True)
        else:
            some = [put(question) for question in questions[: int(rest[0])]]
            began = time.perf_counter()
            for question in some:
                ask(question)
            print(json.dumps(time.perf_counter() - began), flush=True)


main()
