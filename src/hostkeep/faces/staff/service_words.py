"""How work on services is told to staff: verbs, codes of drivers."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.translation import gettext

from hostkeep.kernel.words import gettext_noop
from hostkeep.provisioning.rules.work import Verb

VERBS: Mapping[Verb, str] = MappingProxyType({
    Verb.CREATE: gettext_noop("Build"),
    Verb.SUSPEND: gettext_noop("Suspend"),
    Verb.RESUME: gettext_noop("Resume"),
    Verb.TERMINATE: gettext_noop("End and destroy"),
    Verb.RENEW: gettext_noop("Make new access data"),
    Verb.CHANGE: gettext_noop("Change to another size"),
})

CODES: Mapping[str, str] = MappingProxyType({
    "": "",
    "no_answer": gettext_noop("The server does not answer."),
    "for_staff": gettext_noop("Waits for staff."),
    "queued": gettext_noop("Waits at the server."),
    "building": gettext_noop("The server is still building it."),
    "worker_lost": gettext_noop("Our own worker died over this eight times."),
    "capacity.full": gettext_noop("The server is full."),
    "image.missing": gettext_noop("The server does not have the image."),
    "spec.unknown": gettext_noop("The catalogue's sizes cannot be built."),
    "never_asked": gettext_noop("The server does not know this service."),
    "lxd.denied": gettext_noop("LXD said no."),
    "lxd.not_made": gettext_noop("LXD could not make the container."),
    "lxd.not_started": gettext_noop("LXD could not start the container."),
    "wireguard.file_damaged": gettext_noop("The peer file was changed by hand. Put it right first."),
    "provisioning.driver.none": gettext_noop("The driver is not set up on this machine."),
    "provisioning.address.taken": gettext_noop("The driver gave an address that another service holds."),
    "vault.not_declared": gettext_noop("The policy does not let the access data be stored."),
})
"""By code: a plain sentence."""


def verb_text(verb: Verb) -> str:
    """Say what is asked."""
    return gettext(VERBS[verb])


def code_text(code: str) -> str:
    """Say why work stands where it stands; a code without words is shown as it is."""
    known = CODES.get(code)
    return gettext(known) if known else code
