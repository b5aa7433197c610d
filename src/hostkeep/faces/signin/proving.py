"""Before a key is made: who is signed in proves it once more, unless they did a moment ago."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec

from allauth.account.decorators import reauthentication_required
from django.http import HttpRequest, HttpResponse

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def proven_lately(view: View[P]) -> View[P]:
    """Let a view run only soon after a password or a second factor was given anew.

    Else the way leads over that page, and what was sent is sent on afterwards.
    How long "soon" is: ACCOUNT_REAUTHENTICATION_TIMEOUT.
    """
    guarded: View[P] = reauthentication_required(view)
    return guarded
