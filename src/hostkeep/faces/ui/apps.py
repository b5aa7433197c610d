"""The ui kit as a Django app, so that its templates, tags, static files and catalogues are found."""

from __future__ import annotations

from django.apps import AppConfig


class UiKit(AppConfig):
    """Templates, tags, style sheets, scripts and text catalogues that all faces share."""

    name = "hostkeep.faces.ui"
    label = "ui"
