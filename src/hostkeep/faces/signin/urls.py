"""Addresses of sign-in."""

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path, re_path

from hostkeep.faces.signin.spent import confirm_email, reset_password


def closed(_request: HttpRequest) -> HttpResponse:
    """Answer for pages of the sign-in library that the house does not offer."""
    raise Http404


urlpatterns = [
    path("email/", closed),
    path("inactive/", closed),
    re_path(r"^confirm-email/(?P<key>[-:\w]+)/$", confirm_email),
    re_path(r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$", reset_password),
    path("", include("allauth.account.urls")),
    path("2fa/", include("allauth.mfa.urls")),
]
