"""Wiring: who listens to what, what falls due, and how drivers are set up."""

from __future__ import annotations

from django.apps import AppConfig


class Project(AppConfig):
    """The composition root as a Django app: the last to be ready."""

    name = "hostkeep.project"
    label = "project"

    def ready(self) -> None:
        """Join the rooms."""
        from hostkeep.project import wiring

        wiring.join()
