"""Addresses that answer on every host."""

from django.urls import path

from hostkeep.faces.ui import health, signals

urlpatterns = [
    path("health/live", health.live, name="health_live"),
    path("health/ready", health.ready, name="health_ready"),
    path(".well-known/gpc.json", signals.gpc_json, name="gpc"),
]
