"""Host names: which the brand has, and that it answers on each."""

from __future__ import annotations

import json

from hostkeep.kernel.words import gettext_noop
from hostkeep.promises.control import Check, Scene, Seen, same_check, verdict

POLICY_DATA = "/privacy/policy.json"


@same_check
def policy_names_hosts() -> Check:
    """Check that the policy in force covers exactly the hosts the shop answers on."""

    def look(scene: Scene) -> Seen:
        same = set(scene.policy.hosts) == set(scene.brand.hosts)
        return verdict(same, " ".join(scene.policy.hosts))

    return Check(gettext_noop("The policy covers exactly the host names of the shop"), look)


@same_check
def answers_on_each() -> Check:
    """Check that each host answers, and as this brand."""

    def look(scene: Scene) -> Seen:
        told = {host: _brand_at(scene, host) for host in scene.brand.hosts}
        good = [host for host, brand in told.items() if brand == scene.brand.id]
        return verdict(len(good) == len(told), f"{len(good)}/{len(told)}")

    return Check(gettext_noop("The shop answers on each of its host names"), look)


def _brand_at(scene: Scene, host: str) -> str:
    """Return the brand that a host says it is."""
    answer = scene.stranger.request("GET", host, POLICY_DATA)
    try:
        return str(json.loads(answer.body).get("brand", ""))
    except json.JSONDecodeError:
        return ""
