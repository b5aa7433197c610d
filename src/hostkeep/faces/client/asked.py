"""What is shown for a post alone: no link, no history and nobody who looks over a shoulder opens it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from hostkeep.runtime.transactions import nothing_written

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def shown_when_asked(view: View[P]) -> View[P]:
    """Let a page take a post that shows more, and change nothing: the database holds it to that.

    What it opens is entered in the book all the same: entries of reading go their own way.
    """

    @require_http_methods(["GET", "HEAD", "POST"])
    @never_cache
    @wraps(view)
    def looked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        with nothing_written():
            return view(request, *args, **kwargs)

    return looked
