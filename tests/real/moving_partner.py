"""A partner of a shop and what hands things over to them: a driver as somebody outside would write one.

`python -m tests.real.moving_partner ADDRESS KEY` asks the gate for a customer's fields and posts the package;
`... --undeclared` calls a host that no manifest names; `... --behind` opens a socket behind everybody's back.
It prints one line of JSON.
"""

from __future__ import annotations

import json
import os
import socket
import sys

ANSWERS, UNDECLARED = "198.18.7.7:8080", "203.0.113.9"


def handed(address: str, once: str) -> dict[str, object]:
    """Ask the gate, hand the package over."""
    from hostkeep.drivers.manifest import Manifest
    from hostkeep.drivers.packages import demand
    from hostkeep.kernel.ids import BrandId, CategoryId, PurposeId
    from hostkeep.people.queries import login_of_address, user
    from hostkeep.runtime import brand as running_brand
    from hostkeep.runtime.egress import wire_for
    from hostkeep.runtime.jobs import job_act
    from hostkeep.vault.disclosing import NotDisclosed, disclose

    manifest = Manifest(
        "moving_partner", 1, discloses=frozenset({"name", "email", "phone"}), recipient="moving_partner", hosts=(ANSWERS,)
    )
    brand = BrandId("vpsfast")
    with running_brand.during(brand):
        found = login_of_address(address)
        assert found is not None
        subject = user(found).subject
    try:
        package = disclose(
            job_act("moving", brand=brand, trace="moving"), subject=subject, recipient=manifest.recipient,
            categories=[CategoryId("name"), CategoryId("email")], purpose=PurposeId("service"), ticket="", once=once,
        )  # fmt: skip
    except NotDisclosed as no:
        return {"refused": no.clause}
    demand(manifest, package)
    body = json.dumps(dict(package.fields), ensure_ascii=False).encode()
    reply = wire_for(manifest, []).request("POST", f"http://{ANSWERS}/move", headers={}, body=body, seconds=5)
    return {"handed": sorted(package.fields), "status": reply.status}


def undeclared() -> dict[str, object]:
    """Call a host that the manifest does not name."""
    from hostkeep.drivers.manifest import Manifest
    from hostkeep.drivers.wire import HostRefused
    from hostkeep.runtime.egress import wire_for

    try:
        wire_for(Manifest("curious", 1), []).request("GET", f"http://{UNDECLARED}/", headers={}, body=b"", seconds=5)
    except HostRefused:
        return {"refused": UNDECLARED}
    return {"reached": UNDECLARED}


def behind() -> dict[str, object]:
    """Open a socket, as a library would that nobody looked at."""
    try:
        socket.create_connection((UNDECLARED, 443), 5).close()
    except OSError as error:
        return {"broke": type(error).__name__}
    return {"reached": UNDECLARED}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hostkeep.project.settings")
    import django

    django.setup()
    told = {"--undeclared": undeclared, "--behind": behind}
    first = sys.argv[1]
    print(json.dumps(told[first]() if first in told else handed(first, sys.argv[2])))


if __name__ == "__main__":
    main()
