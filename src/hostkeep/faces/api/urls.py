"""Addresses of the API, on a brand's host."""

from django.urls import path

from hostkeep.faces.api.docs import docs, openapi
from hostkeep.faces.api.root import root

urlpatterns = [
    path("api/v1/openapi.json", openapi, name="api_description"),
    path("api/v1/docs", docs, name="api_docs"),
    path("api/v1/", root.urls),
]
