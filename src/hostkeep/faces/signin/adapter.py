"""How the sign-in library is used here: mail by handle, no addresses in logs or caches, no enumeration."""

from __future__ import annotations

import secrets
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest
from django.utils.http import urlencode
from django.utils.translation import gettext

from hostkeep.brands.applying import untold
from hostkeep.faces.signin import staying
from hostkeep.faces.signin.backend import is_here
from hostkeep.faces.ui.accounts import account_or_none
from hostkeep.faces.ui.acts import act_of
from hostkeep.kernel.ids import OPERATOR
from hostkeep.messaging.actions.queueing import queue_mail
from hostkeep.people.fields import LONGEST
from hostkeep.runtime import brand as running_brand
from hostkeep.runtime import clock
from hostkeep.vault import sealing


def display_of(user: Any) -> str:
    """Return how a login is called where the library needs a word: never its address."""
    return str(user.pk)[:8]


def network_of(address: str) -> str:
    """Return what is counted as one guesser: an IPv4 address, of an IPv6 address its first 64 bits.

    Whoever has one IPv6 address has the rest of its /64 too.  Source: RFC 4291, 2.5.1 and 2.5.4.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((found, 64), strict=False)) if isinstance(found, IPv6Address) else address


def _by_what_changed(request: HttpRequest, response: Any) -> Any:
    """Lead a customer first to what changed in the policy, once, where they were not told."""
    account = account_or_none(request)
    if account is not None and untold(account.brand, account.subject, since=account.opened_at):
        response["Location"] = f"/account/policy/?{urlencode({'next': response['Location']})}"
    return response


class BrandAdapter(DefaultAccountAdapter):
    """Sign-in under the brand of the host."""

    def clean_email(self, email: str) -> str:
        """Refuse an address that would not fit once sealed."""
        address = str(super().clean_email(email))
        if len(address.encode()) > LONGEST:
            raise ValidationError(gettext("This e-mail address is too long; at most 120 characters fit."))
        return address

    def new_user(self, request: HttpRequest) -> Any:
        """Begin a login of this brand."""
        user: Any = super().new_user(request)
        user.brand = running_brand.current()
        user.created_at = clock.now()
        return user

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return a keyed hash of the day instead of the address: enough to slow a guesser down."""
        network = network_of(str(super().get_client_ip(request)))
        return sealing.keyed_hash("ip", f"{clock.now().date()}|{network}")[:32]

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count wrong passwords for a login by where they come from.

        Counted for the login alone, as the library does, whoever knows an address could shut its owner out.
        """
        counted = super()._get_login_attempts_cache_key(request, **credentials)
        return f"{counted}:{self.get_client_ip(request)}"

    def get_http_user_agent(self, request: HttpRequest) -> str:
        """Return nothing: the library would keep it."""
        del request
        return ""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Customers sign up at a brand; nobody signs up at the operator's own host."""
        return getattr(request, "brand", None) is not None

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Lead staff, who sign in at the operator's own host, to the back office: it has no client area."""
        if getattr(request, "brand", None) is None:
            return "/staff/"
        return str(super().get_login_redirect_url(request))

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Confirm an address at its own brand alone: kept at another, it would be sealed for that one."""
        return is_here(email_address.user) and bool(super().confirm_email(request, email_address))

    def pre_login(self, request: HttpRequest, user: Any, **rest: Any) -> Any:
        """Let nobody begin a login at another brand's host, whatever they proved there."""
        if not is_here(user):
            raise PermissionDenied
        return super().pre_login(request, user, **rest)

    def send_confirmation_mail(self, request: HttpRequest, emailconfirmation: Any, signup: bool) -> None:
        """Let the confirmation leave: the worker makes the link anew from the row's number."""
        del signup
        row: EmailAddress = emailconfirmation.email_address
        self._queue(request, "account/confirm", row.user_id, str(row.pk), {"address": str(row.pk)})

    def send_password_reset_mail(self, user: Any, email: str, context: Any = None) -> None:
        """Let the reset leave to the login's own address."""
        del email, context
        self._queue(self.request, "account/reset", user.pk, "login", {})

    def send_account_already_exists_mail(self, email: str) -> None:
        """Tell the owner of an address, and nobody else, that it has an account."""
        row = EmailAddress.objects.filter(email=email).first()
        if row is not None:
            self._queue(self.request, "account/already", row.user_id, str(row.pk), {})

    def send_notification_mail(
        self, template_prefix: str, user: Any, context: Any = None, email: str | None = None
    ) -> None:
        """Tell of a changed password; the library's other notices have no mail of ours yet."""
        del context, email
        if template_prefix.endswith(("password_changed", "password_reset", "password_set")):
            self._queue(self.request, "account/password_changed", user.pk, "login", {})

    def send_mail(self, template_prefix: str, email: str, context: Any) -> None:
        """Send nothing: every mail goes through the outbox by handle, never by address."""
        del email, context
        raise RuntimeError(f"a mail that the house does not know: {template_prefix}")

    def post_login(self, request: HttpRequest, user: Any, **rest: Any) -> Any:
        """After the last step of a login: stay signed in where that was chosen."""
        response = super().post_login(request, user, **rest)
        staying.begin_if_chosen(request, response, user)
        return _by_what_changed(request, response)

    def logout(self, request: HttpRequest) -> None:
        """Sign out, and end this browser's series."""
        staying.end(request)
        super().logout(request)

    def add_message(self, request: HttpRequest, level: int, *args: Any, **rest: Any) -> None:
        """Keep the library's messages out: they quote addresses; our pages say what happened."""

    def _queue(
        self, request: HttpRequest, template: str, user: Any, address: str, facts: dict[str, str]
    ) -> None:
        """Put one mail into the outbox."""
        if running_brand.current() == OPERATOR:
            return
        act = act_of(request, role="system", purpose="authentication")
        language = {"language": str(getattr(request, "LANGUAGE_CODE", "en"))[:2]}
        queue_mail(
            act,
            stream="account",
            template=template,
            subject=user,
            address=address,
            facts={**facts, **language},
            once=f"{template}:{secrets.token_hex(12)}",
        )
