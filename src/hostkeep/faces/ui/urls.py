"""Addresses that answer on every host."""

from django.urls import path

from hostkeep.faces.ui import book, health, signals

urlpatterns = [
    path("health/live", health.live, name="health_live"),
    path("health/ready", health.ready, name="health_ready"),
    path(".well-known/gpc.json", signals.gpc_json, name="gpc"),
    path(".well-known/audit-checkpoint", book.checkpoint, name="audit_checkpoint"),
    path(".well-known/audit-key", book.key, name="audit_key"),
]
