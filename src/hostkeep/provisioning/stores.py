"""What provisioning keeps, as stores for the sweeper: leased addresses, and what stands at the providers'."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from hostkeep.kernel.act import Act
from hostkeep.provisioning.models import Service
from hostkeep.provisioning.rules.lifecycle import State
from hostkeep.runtime.stores import Person, Store, nothing, table_store

KEPT_DAYS = 30
"""How long one can still say who held an address, for a complaint that comes late."""

OPAQUE = r"^hk-[0-9a-f]{8,37}$"
"""What a driver's side calls a service by: random, and all that it is told of whose it is."""


def _open_services(at: datetime) -> int:
    """Nothing falls due at a provider's by itself: a service is wiped there before it counts as closed."""
    del at
    return 0


def _wipe_nothing(act: Act, most: int) -> int:
    """Nothing is left to wipe: see above."""
    del act, most
    return 0


def _left_at_providers(person: Person) -> int:
    """Count a person's services that are not wiped, and names at providers' that could tell whose."""
    of_person = Service.objects.filter(Q(account__in=person.accounts) | Q(subject__in=person.subjects))
    return of_person.exclude(state=State.CLOSED).count() + of_person.exclude(handle__regex=OPAQUE).count()


STORES: tuple[Store, ...] = (
    table_store(
        "provisioning.leases",
        "traffic",
        "Which service held which address of ours; 30 days after it gave it back this is forgotten.",
        table="provisioning_lease",
        due=f"until <= %(at)s - make_interval(days => {KEPT_DAYS})",
        whose=(
            "until IS NOT NULL AND service_id IN"
            " (SELECT id FROM provisioning_service WHERE account = ANY(%(accounts)s))"
        ),
    ),
    Store(
        name="provisioning.providers",
        keep_class="content",
        what=(
            "Machines, tunnels and their notes at providers' are called by random handles and told nothing of"
            " a person; a service counts as closed once its driver has wiped it there."
        ),
        places=("providers",),
        list_due=_open_services,
        erase=_wipe_nothing,
        forget=nothing,
        prove_absent=_left_at_providers,
    ),
)
