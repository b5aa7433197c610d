"""Forms of sign-in: what the brand's policy asks, and nothing else."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm, SignupForm, UserTokenForm
from django import forms
from django.contrib.auth import get_user_model
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from hostkeep.brands.queries import version_in_force
from hostkeep.faces.signin import staying
from hostkeep.faces.signin.backend import is_here
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.field_checks import Reader
from hostkeep.faces.ui.fields import PolicyForm, blank_form
from hostkeep.faces.ui.forgery import TOKEN
from hostkeep.faces.ui.pages import posted
from hostkeep.faces.ui.reading import read_form
from hostkeep.faces.ui.signals import unticked_for
from hostkeep.kernel.ids import UserId
from hostkeep.messaging.actions.choosing import stop_stream, want_stream
from hostkeep.people.actions.joining import accept_statements, open_account

BUTTONS = ("next", TOKEN, "password1")


class PolicySignup(SignupForm):
    """Sign-up: the library's e-mail and password, and beside them whatever the policy's form asks.

    A field that the policy does not declare is refused with the clause before anything is looked at.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        from allauth.core import context

        self.http: HttpRequest = context.request
        self.policy = self.http.policy
        self.language = str(getattr(self.http, "LANGUAGE_CODE", "en"))
        form = self.policy.forms["signup"]
        self.drawn: PolicyForm = blank_form(
            self.policy, unticked_for(self.http, form), language=self.language
        )
        if self.is_bound:
            self.drawn = read_form(self.policy, form, posted(self.http), reader=self._reader(), also=BUTTONS)

    def _reader(self) -> Reader:
        """Return how this brand's forms are read."""
        region = self.http.brand.seller.get("country", "")  # type: ignore[attr-defined]
        return Reader(language=self.language, region=region)

    def clean(self) -> Any:
        """Join the library's checks and the policy's."""
        cleaned = super().clean()
        if self.drawn.answers is None and not self.errors:
            self.add_error(None, gettext_lazy("Please look at the fields below."))
        for name, errors in self.errors.items():
            if name in {"email", "password1"} and not any(p.name == name for p in self.drawn.problems):
                self.drawn = self.drawn.with_problem(name, str(errors[0]))
        return cleaned

    def try_save(self, request: HttpRequest) -> Any:
        """Answer as fast for an address that has an account as for a new one: by one password hash."""
        if self.account_already_exists:
            get_user_model()().set_password(self.cleaned_data["password1"])
        return super().try_save(request)

    def save(self, request: HttpRequest) -> Any:
        """Make login, account and acceptance, or nothing."""
        with transaction.atomic():
            return super().save(request)

    def custom_signup(self, request: HttpRequest, user: Any) -> None:
        """Open the account of a fresh login, in the library's own transaction."""
        answers = self.drawn.answers
        if answers is None:
            raise RuntimeError("a sign-up without answers was saved")
        act = act_of(request, role="visitor", purpose="account")
        joined = open_account(act, user=UserId(user.pk), values=answers.values, language=self.language[:2])
        version = version_in_force(act.brand, act.at)
        accept_statements(
            act,
            subject=joined.subject,
            statements=sorted(answers.statements | {"storage_notice"}),
            version=version.version,
            digest=version.digest,
            form="signup",
        )
        for stream, wanted in answers.choices.items():
            choose = want_stream if wanted else stop_stream
            choose(act, subject=joined.subject, stream=stream, how="signup", language=self.language[:2])


class BrandLogin(LoginForm):
    """Login; where the policy declares it, with a visible choice to stay signed in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.request is not None and staying.declared(self.request):
            self.fields["stay"] = forms.BooleanField(
                required=False, label=gettext_lazy("Stay signed in on this device")
            )

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> Any:
        """Go on with the login, remembering the choice."""
        if self.cleaned_data.get("stay"):
            staying.choose(request)
        else:
            staying.forget_choice(request)
        return super().login(request, redirect_url=redirect_url)


class BrandToken(UserTokenForm):
    """The link that sets a new password: it works at the login's own brand alone."""

    def _get_user(self, uidb36: str) -> Any:
        """Return the login that a link speaks of, or None."""
        user: Any = super()._get_user(uidb36)  # type: ignore[no-untyped-call]
        return user if user is not None and is_here(user) else None
