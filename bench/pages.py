"""Pages: requests a second on one core, to a bare view behind the same middleware; and what the front page weighs."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

from bench.figures import Figure, compared, interleaved
from bench.house import BRAND, get, per_second, serving

OURS = "hostkeep.project.wsgi:application"
BARE = "bench.bare_wsgi:application"


def figures() -> Iterator[Figure]:
    cookie = customer_with_invoices(20)
    with serving(OURS) as ours, serving(BARE, settings="bench.bare_settings") as bare:
        rounds = interleaved(lambda: per_second(ours, "/"), lambda: per_second(bare, "/"))
        yield compared("front page, requests/s/core, to a bare view", rounds, ">= 0.5")
        rounds = interleaved(
            lambda: per_second(ours, "/account/invoices/", cookie=cookie),
            lambda: per_second(bare, "/account/invoices/", cookie=cookie),
        )
        yield compared("invoice list, requests/s/core, to a bare view", rounds, ">= 0.6")
        yield Figure("front page with its files, compressed KB", weight(ours), None, "<= 50")


def weight(port: int) -> float:
    """Kilobytes of the front page and every file it names, gzipped."""
    _, page = get(port, "/")
    html = page.decode()
    files = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', html))
    return sum(len(gzip.compress(body, 6)) for body in [page, *(get(port, f)[1] for f in files)]) / 1024


def customer_with_invoices(count: int, *, brand: str = BRAND) -> str:
    """Make a signed-in customer of a brand with so many invoices; return the session's cookie."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model

    from hostkeep.billing.actions.issuing import issue_invoice
    from hostkeep.billing.rules.lines import Line
    from hostkeep.billing.rules.party import BilledTo
    from hostkeep.brands import queries
    from hostkeep.faces.cli.acts import act_of_operator
    from hostkeep.faces.signin.logins import make_login
    from hostkeep.kernel.ids import BrandId, CategoryId, Ref
    from hostkeep.kernel.money import EUR, Money
    from hostkeep.people.actions.joining import open_account
    from hostkeep.people.sessions import SessionStore
    from hostkeep.runtime import brand as running_brand

    row = queries.brand(BrandId(brand))
    act = act_of_operator(brand=row.id, purpose="billing").in_role("system")
    with running_brand.during(row.id):
        user = make_login(email=f"{uuid4().hex[:8]}@example.test", password=uuid4().hex, at=act.at)
        asked = queries.policy_in_force(row.id, act.at).categories.keys() & {CategoryId("name")}
        joined = open_account(act, user=user, values=dict.fromkeys(asked, "Bench"), language="en")
        for number in range(count):
            line = Line(f"Server {number}", 1, Money(690, EUR), row.tax_rate, Ref("shop.order_line", uuid4()))
            issue_invoice(
                act, to=BilledTo(joined.account, joined.subject), lines=[line], due_in=timedelta(days=7),
                once=f"bench:{user}:{number}",
            )  # fmt: skip
        login = get_user_model().objects.get(pk=user)
        session = SessionStore()
        session[SESSION_KEY] = str(user)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = login.get_session_auth_hash()
        session.create()
        return f"__Host-sid={session.session_key}"
