"""Making the copy: gathered, packed, sealed under a key that its owner alone holds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from hostkeep.audit.checkpoints import seal_soon
from hostkeep.audit.proofs import bundle, verifier
from hostkeep.brands.applying import policy_for, version_for
from hostkeep.flows.exporting.archive_file import Cover, Part, pack
from hostkeep.flows.exporting.gathering import parts_of
from hostkeep.flows.exporting.own import Whose
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import UserId
from hostkeep.people.queries import AccountRow
from hostkeep.vault.due_classes import account_is_over
from hostkeep.vault.exports import Made, keep_export

LOOKED = "looked"
LOG, CHECKER = "log/entries.json", "log/verify_export.py"


def make_export(act: Act, *, account: AccountRow, user: UserId | None) -> Made:
    """Gather all that is held about a person and keep it for them for a day.

    act   of the person, in role "customer" for purpose "rights"; every value is read through the door
    user  their login, or None once it is gone
    The key in what is returned is handed to the person and kept nowhere.
    """
    whose = Whose(account, user, policy_for(act.brand, account.subject, act.at))
    version = version_for(act.brand, account.subject, act.at)
    cover = Cover(
        brand=act.brand,
        controller=whose.policy.controller,
        account="" if account_is_over(account.subject, act.at) else account.number,
        version=version.version,
        digest=version.digest,
        made_at=act.at,
    )
    parts = parts_of(act, whose)
    seal_soon(act)  # what was entered a moment ago is proven in the copy too
    data = pack(cover, parts, extra=_log(parts))
    return keep_export(act, subject=account.subject, data=data)


def _log(parts: Iterable[Part]) -> Mapping[str, bytes]:
    """Return the entries of the part LOOKED with their proofs, and the script that checks them."""
    entries = [row["id"] for part in parts if part.name == LOOKED for row in part.rows]
    return {
        LOG: (json.dumps(bundle(entries), ensure_ascii=False) + "\n").encode(),
        CHECKER: verifier().encode(),
    }
