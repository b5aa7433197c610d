"""Addresses on the operator's own host: the back office, sign-in for staff, and in the demo what shows it."""

from __future__ import annotations

from django.conf import settings
from django.urls import include, path

urlpatterns = [
    path("", include("hostkeep.faces.ui.urls")),
    path("auth/", include("hostkeep.faces.signin.urls")),
    path("staff/", include("hostkeep.faces.staff.urls")),
]
if settings.HOSTKEEP.demo:
    urlpatterns.append(path("", include("hostkeep.faces.demo.urls")))

handler400 = "hostkeep.faces.ui.errors.unreadable"
handler404 = "hostkeep.faces.ui.errors.not_found"
handler500 = "hostkeep.faces.ui.errors.broken"
