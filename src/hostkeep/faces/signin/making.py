"""What is shown once: made after the lock was given anew, by a post alone, on the only page that shows it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Protocol, TypeVar

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from hostkeep.faces.signin.proving import proven_lately
from hostkeep.faces.ui.errors import title_of
from hostkeep.kernel.errors import Foreseen

M = TypeVar("M")
M_contra = TypeVar("M_contra", contravariant=True)
View = Callable[[HttpRequest], HttpResponse]


class Showing(Protocol[M_contra]):
    """What draws a page where something is made.

    made     what was made a moment ago, with its secret; None where nothing was
    problem  why nothing was, in words, with its status
    """

    def __call__(
        self, request: HttpRequest, *, made: M_contra | None = None, problem: str = "", status: int = 200
    ) -> HttpResponse:
        """Draw it."""
        ...


def shown_once(
    *,
    guard: Callable[[View], View],
    page: Showing[M],
    here: str,
    refused: tuple[type[Foreseen], ...] = (),
) -> Callable[[Callable[[HttpRequest], M]], View]:
    """Turn what makes something into the view that shows it; who only looks, as after a reload, is led back.

    guard    lets in who may, as customers_only does
    page     draws what was made, or why nothing was
    here     the path of the page without anything made
    refused  what the page itself tells; other refusals are answered as everywhere
    """

    def shown(make: Callable[[HttpRequest], M]) -> View:
        @proven_lately
        def made(request: HttpRequest) -> HttpResponse:
            try:
                found = make(request)
            except refused as refusal:
                return page(request, problem=title_of(refusal), status=refusal.status)
            return page(request, made=found)

        @require_http_methods(["GET", "HEAD", "POST"])
        @never_cache
        @guard
        @wraps(make)
        def view(request: HttpRequest) -> HttpResponse:
            return made(request) if request.method == "POST" else HttpResponseRedirect(here)

        return view

    return shown
