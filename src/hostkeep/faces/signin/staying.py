"""Staying signed in, where the policy declares the cookie for it and the customer chose it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth import get_user_model, login
from django.http import HttpRequest, HttpResponse

from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.pages import language_of
from hostkeep.flows import agreeing
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import SubjectId, UserId
from hostkeep.people.actions.staying import begin_stay, end_stay_of_cookie, end_stays, use_stay
from hostkeep.people.queries import stay_of_cookie
from hostkeep.policy.book import Cookie

GetResponse = Callable[[HttpRequest], HttpResponse]

KEEP = "__Host-keep"
CHOSEN = "stay_signed_in"
BACKEND = "hostkeep.faces.signin.backend.BrandBackend"


def declared(request: HttpRequest) -> Cookie | None:
    """Return the cookie's declaration, or None where the policy has none."""
    policy = getattr(request, "policy", None)
    return policy.cookies.get(KEEP) if policy is not None else None


def choose(request: HttpRequest) -> None:
    """Remember, until the login's last step, that the visitor chose to stay signed in."""
    if declared(request):
        request.session[CHOSEN] = True


def forget_choice(request: HttpRequest) -> None:
    """Forget the choice of a login that nobody finished: on this browser it may be another's."""
    request.session.pop(CHOSEN, None)


def begin_if_chosen(request: HttpRequest, response: HttpResponse, user: Any) -> None:
    """Begin a series if that was chosen, and give the browser its first token.

    Where the policy puts staying signed in on consent, the tick is one, and lasts as long as the series.
    """
    cookie = declared(request)
    if not request.session.pop(CHOSEN, False) or cookie is None or cookie.life is None:
        return
    act = act_of(request, role="customer", purpose="authentication")
    agreeing.stay_begins(
        act, subject=SubjectId(user.subject), until=act.at + cookie.life, language=language_of(request)
    )
    stay = begin_stay(act, user=UserId(user.pk), life=cookie.life)
    _give(response, stay.cookie, int(cookie.life.total_seconds()))


def end(request: HttpRequest) -> None:
    """End this browser's series; the cookie goes with the answer."""
    held = request.COOKIES.get(KEEP)
    if held:
        act = act_of(request, role="customer", purpose="authentication")
        end_stay_of_cookie(act, cookie=held)
        settle(request, act)
        forget_here(request)


def forget_here(request: HttpRequest) -> None:
    """Let this answer delete the cookie from the browser, if it has one."""
    request.forget_stay = True  # type: ignore[attr-defined]


def forget_if_ended(request: HttpRequest, act: Act) -> None:
    """Let this answer delete the cookie where its series has ended, on whichever browser that was done."""
    held = request.COOKIES.get(KEEP)
    if held and stay_of_cookie(act.brand, held, act.at, idle=None) is None:
        forget_here(request)


def settle(request: HttpRequest, act: Act) -> None:
    """Take the consent back where the signed-in customer ended the last browser that stayed signed in."""
    if act.own is not None and request.user.pk is not None:
        agreeing.stay_ended(act, user=UserId(request.user.pk), subject=act.own, language=language_of(request))


def end_all(request: HttpRequest, user: Any) -> None:
    """End every series of a login whose lock was changed, on every browser."""
    role = "customer" if request.user.is_authenticated else "visitor"
    act = act_of(request, role=role, purpose="authentication")
    end_stays(act, user=UserId(user.pk))
    if declared(request):
        agreeing.stays_lapsed(act, user=UserId(user.pk), subject=SubjectId(user.subject))


class StaySignedIn:
    """Middleware: a browser without a session but with a good token is signed in, and gets the next token."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Use the token before the view, hand the next one out after it."""
        cookie, held = declared(request), request.COOKIES.get(KEEP)
        fresh = None
        if cookie and cookie.life and held and not request.user.is_authenticated:
            fresh = self._use(request, held, cookie)
        response = self.get_response(request)
        if fresh and cookie and cookie.life:
            _give(response, fresh, int(cookie.life.total_seconds()))
        elif held and (fresh == "" or getattr(request, "forget_stay", False)):
            response.delete_cookie(KEEP, path="/")
        return response

    def _use(self, request: HttpRequest, held: str, cookie: Cookie) -> str | None:
        """Sign in by a token; return the next one, or an empty text if the series ended or lay unused.

        None where another tab has the next one.  A cookie of no living series writes nothing: the audit is
        not for strangers to fill.
        """
        act = act_of(request, role="visitor", purpose="authentication")
        if stay_of_cookie(act.brand, held, act.at, idle=cookie.idle) is None:
            return ""
        stay = use_stay(act, cookie=held)
        if stay.goes_on and stay.user is None:
            return None
        user = get_user_model().objects.filter(pk=stay.user, is_active=True).first() if stay.user else None
        if user is None:
            return ""
        login(request, user, backend=BACKEND)
        return stay.cookie


def _give(response: HttpResponse, token: str, life: int) -> None:
    """Set the cookie."""
    response.set_cookie(KEEP, token, max_age=life, secure=True, httponly=True, samesite="Lax", path="/")
