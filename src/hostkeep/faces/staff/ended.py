"""What became of an account that is closed: what was erased and when, what stays and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hostkeep.brands.applying import policy_for
from hostkeep.brands.queries import brand
from hostkeep.faces.ui.fates import FateShown, left_shown
from hostkeep.flows.closing import fates_of
from hostkeep.kernel.act import Act
from hostkeep.people.closings import ClosingRow, closing_of
from hostkeep.people.queries import AccountRow
from hostkeep.people.rules.closing import CLOSED, DEACTIVATED, REASONS
from hostkeep.policy.book import Policy
from hostkeep.policy.render.wording import say_categories
from hostkeep.policy.vocabulary.terms import say
from hostkeep.vault.certificates import Certificate, certificates_of


@dataclass(frozen=True, slots=True)
class Gone:
    """A class of data whose keys are destroyed.

    what        the kinds of fact that the policy counts in it
    at          since when nothing of it opens; None: it is being erased
    backups_at  since when nothing of it opens from a backup either, or None
    """

    label: str
    what: tuple[str, ...]
    at: datetime | None
    backups_at: datetime | None
    clause: str


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of an account.

    closing  how it was closed; None where its person was erased without that
    why      the company's reason, a text to translate, or empty
    gone     what was erased, newest first
    left     what stays, each with its day
    """

    closing: ClosingRow | None
    why: str
    gone: tuple[Gone, ...]
    left: tuple[FateShown, ...]


def ended_of(act: Act, row: AccountRow, language: str) -> Ended | None:
    """Return what became of an account, or None while it is open or its services are being ended.

    act  of a member of staff, at the account's brand.  Nothing is opened.
    """
    if row.state not in {DEACTIVATED, CLOSED}:
        return None
    policy, closing = policy_for(row.brand, row.subject, act.at), closing_of(row.id)
    certificates = certificates_of(act, subject=row.subject)
    shut = {name for each in certificates if each.live_at for name in each.classes}
    fates = [each for each in fates_of(act, row) if each.keep_class not in shut]
    zone = brand(row.brand).zone
    return Ended(
        closing=closing,
        why=REASONS.get(closing.why, "") if closing else "",
        gone=tuple(
            _gone(policy, each, name, language) for each in certificates for name in sorted(each.classes)
        ),
        left=left_shown(fates, policy, at=act.at, zone=zone, language=language),
    )


def _gone(policy: Policy, certificate: Certificate, name: str, language: str) -> Gone:
    """Tell one class of a certificate."""
    rule = policy.retention.get(name)
    held = [each.id for each in policy.categories.values() if each.keep_class == name]
    return Gone(
        label=say("class", name, language),
        what=tuple(say_categories(policy, held, language)),
        at=certificate.live_at,
        backups_at=certificate.backups_at,
        clause=rule.clause if rule else "",
    )
