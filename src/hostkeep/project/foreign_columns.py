"""What the columns of installed libraries hold: each text column, or the house tests fail."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

FOREIGN: Mapping[str, str] = MappingProxyType({
    "contenttypes.ContentType.app_label": "name of an app",
    "contenttypes.ContentType.model": "name of a model",
    "auth.Permission.name": "unused here, name of a permission",
    "auth.Permission.codename": "unused here, name of a permission",
    "auth.Group.name": "unused here",
    "procrastinate.ProcrastinateJob.queue_name": "name of a queue",
    "procrastinate.ProcrastinateJob.task_name": "name of a task",
    "procrastinate.ProcrastinateJob.lock": "name of a task or an id",
    "procrastinate.ProcrastinateJob.args": "ids only; successful jobs are deleted",
    "procrastinate.ProcrastinateJob.status": "one of a few words",
    "procrastinate.ProcrastinateJob.queueing_lock": "name of a task",
    "procrastinate.ProcrastinateEvent.type": "one of a few words",
    "procrastinate.ProcrastinatePeriodicDefer.task_name": "name of a task",
    "procrastinate.ProcrastinatePeriodicDefer.periodic_id": "name of a schedule",
    "account.EmailAddress.email": "sealed by people.fields.SealedEmailField",
    "account.EmailConfirmation.key": "unused: links are signed, not stored",
    "mfa.Authenticator.type": "totp, recovery_codes or webauthn",
    "mfa.Authenticator.data": "secrets sealed by the sign-in adapter; public keys of authenticators",
})
"""Label and field -> why it holds nothing personal in clear."""
