"""The promises room."""

from django.apps import AppConfig


class PromisesRoom(AppConfig):
    """Controls, evidence, probes and the ledger."""

    name = "hostkeep.promises"
    label = "promises"
