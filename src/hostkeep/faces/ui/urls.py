"""Addresses that answer on every host."""

from django.urls import path

from hostkeep.faces.ui import health

urlpatterns = [
    path("health/live", health.live, name="health_live"),
    path("health/ready", health.ready, name="health_ready"),
]
