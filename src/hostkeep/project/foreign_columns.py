"""What the columns of installed libraries hold, by app, model and field; without a model by table and column.

A library's new release that brings a new column keeps the server from starting until it is named here.
"""

from __future__ import annotations

from types import MappingProxyType

from hostkeep.kernel.columns import Columns, not_personal, personal

FOREIGN: Columns = MappingProxyType({
    "contenttypes.ContentType.app_label": not_personal("name of an app"),
    "contenttypes.ContentType.model": not_personal("name of a model"),
    "auth.Permission.name": not_personal("unused here, name of a permission"),
    "auth.Permission.codename": not_personal("unused here, name of a permission"),
    "auth.Group.name": not_personal("unused here"),
    "procrastinate.ProcrastinateWorker.last_heartbeat": not_personal("when a worker was last seen"),
    "procrastinate.ProcrastinateJob.queue_name": not_personal("name of a queue"),
    "procrastinate.ProcrastinateJob.task_name": not_personal("name of a task"),
    "procrastinate.ProcrastinateJob.lock": not_personal("name of a task or an id"),
    "procrastinate.ProcrastinateJob.args": not_personal("ids only; successful jobs are deleted"),
    "procrastinate.ProcrastinateJob.status": not_personal("one of a few words"),
    "procrastinate.ProcrastinateJob.scheduled_at": not_personal("when a job is due"),
    "procrastinate.ProcrastinateJob.queueing_lock": not_personal("name of a task"),
    "procrastinate.ProcrastinateEvent.type": not_personal("one of a few words"),
    "procrastinate.ProcrastinateEvent.at": not_personal("when a job changed its state"),
    "procrastinate.ProcrastinatePeriodicDefer.task_name": not_personal("name of a task"),
    "procrastinate.ProcrastinatePeriodicDefer.periodic_id": not_personal("name of a schedule"),
    "account.EmailAddress.email": personal("email", sealed="by people.fields.SealedEmailField"),
    "account.EmailConfirmation.created": not_personal("unused: links are signed, not stored"),
    "account.EmailConfirmation.sent": not_personal("unused: links are signed, not stored"),
    "account.EmailConfirmation.key": not_personal("unused: links are signed, not stored"),
    "mfa.Authenticator.type": not_personal("totp, recovery_codes or webauthn"),
    "mfa.Authenticator.data": personal(
        "second_factor",
        plain="the library's JSON: its secrets are sealed by the sign-in adapter, public keys stand open",
    ),
    "mfa.Authenticator.created_at": not_personal("when a factor was set up"),
    "mfa.Authenticator.last_used_at": personal(
        "login_history", plain="the library's own: shown to its owner, who tells a stranger's use by it"
    ),
    "django_migrations.app": not_personal("name of an app"),
    "django_migrations.name": not_personal("name of a migration"),
    "django_migrations.applied": not_personal("when a migration was applied"),
    "django_migrations.id": not_personal("a number"),
})
