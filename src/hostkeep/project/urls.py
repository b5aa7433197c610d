"""Addresses on a brand's host: one list a face, gathered here."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("hostkeep.faces.ui.urls")),
    path("auth/", include("hostkeep.faces.signin.urls")),
    path("account/", include("hostkeep.faces.client.urls")),
    path("", include("hostkeep.faces.client.root_urls")),
    path("", include("hostkeep.faces.api.urls")),
    path("", include("hostkeep.faces.storefront.urls")),
]

handler400 = "hostkeep.faces.ui.errors.unreadable"
handler404 = "hostkeep.faces.ui.errors.not_found"
handler500 = "hostkeep.faces.ui.errors.broken"
