"""Addresses of sign-in."""

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path


def closed(_request: HttpRequest) -> HttpResponse:
    """Answer for pages of the sign-in library that the house does not offer."""
    raise Http404


urlpatterns = [
    path("email/", closed),
    path("inactive/", closed),
    path("", include("allauth.account.urls")),
    path("2fa/", include("allauth.mfa.urls")),
]
