"""Forgetting a secret that was shown."""

from __future__ import annotations

from dataclasses import dataclass

from hostkeep.audit.recorded import recorded
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import Ref, ServiceId, SubjectId
from hostkeep.provisioning.boxing import seal_contents, use_contents
from hostkeep.provisioning.errors import NoSuchService
from hostkeep.provisioning.models import Service
from hostkeep.provisioning.settling import SECRET, slot_of
from hostkeep.vault import door


@dataclass(frozen=True, slots=True)
class Forgotten:
    """A service that has one secret less."""

    id: ServiceId

    @property
    def ref(self) -> Ref:
        """The service."""
        return Ref("provisioning.service", self.id)


@recorded("provisioning.secret.forgotten")
def forget_secret(act: Act, *, service: ServiceId, name: str) -> Forgotten:
    """Drop a secret from the vault, where the policy lets it be shown only once.

    name  the secret's name among the service's `kept`; one that is not there is fine
    Raises NoSuchService.
    """
    row = Service.objects.select_for_update().filter(id=service).first()
    if row is None:
        raise NoSuchService
    door.drop(act, subject=SubjectId(row.subject), category=SECRET, slot=slot_of(service, name))
    use_contents(
        act, row, lambda known: seal_contents(act, row, kept=[kept for kept in known.kept if kept != name])
    )
    row.save(update_fields=["kept"])
    return Forgotten(service)
