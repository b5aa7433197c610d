"""Making the copy: gathered, packed, sealed under a key that its owner alone holds."""

from __future__ import annotations

import json
from collections.abc import Mapping

from hostkeep.audit.proofs import bundle, verifier
from hostkeep.brands.applying import policy_for, version_for
from hostkeep.flows.exporting.archive_file import Cover, pack
from hostkeep.flows.exporting.gathering import MOST_LOOKS, Whose, parts_of
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import UserId
from hostkeep.people.queries import AccountRow
from hostkeep.vault.exports import Made, keep_export
from hostkeep.vault.looks import looks_of

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
        account=account.number,
        version=version.version,
        digest=version.digest,
        made_at=act.at,
    )
    data = pack(cover, parts_of(act, whose), extra=_log(act, account))
    return keep_export(act, subject=account.subject, data=data)


def _log(act: Act, account: AccountRow) -> Mapping[str, bytes]:
    """Return the person's part of the log with its proofs, and the script that checks them."""
    entries = looks_of(act, subject=account.subject, first=MOST_LOOKS)
    proven = bundle([row.id for row in entries])
    return {
        LOG: (json.dumps(proven, ensure_ascii=False, indent=1) + "\n").encode(),
        CHECKER: verifier().encode(),
    }
