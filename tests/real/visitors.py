"""A customer without a browser: forms filled in as they came, from inside the house's network."""

from __future__ import annotations

import http.client
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urljoin, urlsplit

from tests.browser.customers import Customer, Wanted
from tests.real.two_networks import CLIENT, Networks

PORT = 8000


@dataclass(slots=True)
class Page:
    """An answer.  forms: by their action, with the values they would send untouched."""

    status: int
    url: str
    text: str
    location: str
    forms: dict[str, dict[str, str]]


class _Forms(HTMLParser):
    """Gathers the forms of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, dict[str, str]] = {}
        self.all: list[tuple[str, dict[str, str]]] = []
        self.now: dict[str, str] | None = None
        self.select = ""

    def handle_starttag(self, tag: str, found: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in found}
        if tag == "form":
            self.now = {}
            self.all.append((said.get("action", ""), self.now))
        elif self.now is None:
            return
        elif tag == "input" and said.get("name"):
            kind = said.get("type", "text")
            if kind in {"checkbox", "radio"} and "checked" not in said:
                if kind == "radio":
                    self.now.setdefault(said["name"], said.get("value", "on"))
            elif kind not in {"submit", "button"}:
                self.now[said["name"]] = said.get("value", "on" if kind == "checkbox" else "")
        elif tag == "select":
            self.select = said.get("name", "")
        elif tag == "option" and self.select and (self.select not in self.now or "selected" in said):
            self.now[self.select] = said.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.now = None
        elif tag == "select":
            self.select = ""


@dataclass(slots=True)
class Visitor:
    """Somebody at one shop, with the cookies they were given, by host."""

    nets: Networks
    customer: Customer
    cookies: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def host(self) -> str:
        return f"{self.customer.brand}.localhost:{PORT}"

    def get(self, path: str) -> Page:
        return self._ask("GET", path, None)

    def post(self, page: Page, action: str, **typed: str) -> Page:
        """Send a form of a page, some inputs typed over; follow where it leads."""
        assert action in page.forms, f"{page.url} ({page.status}) has no form {action}: {list(page.forms)} {page.text[:600]}"
        return self._ask("POST", urljoin(page.url, action), {**page.forms[action], **typed})

    def _ask(self, method: str, target: str, data: Mapping[str, str] | None, left: int = 6) -> Page:
        parts = urlsplit(target)
        host = parts.netloc or self.host
        headers = {
            "Host": host, "Sec-Fetch-Site": "same-origin", "Accept": "text/html", "Accept-Language": "en",
            "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.get(host, {}).items()),
        }  # fmt: skip
        body = urlencode(data).encode() if data is not None else None
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        path = parts._replace(scheme="", netloc="").geturl() or "/"
        with self.nets.entered():
            line = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60, source_address=(CLIENT, 0))
            line.request(method, path, body, headers)
            answer = line.getresponse()
            text = answer.read().decode("utf-8", "replace")
            line.close()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                for morsel in SimpleCookie(value).values():
                    self.cookies.setdefault(host, {})[morsel.key] = morsel.value
        location = answer.getheader("Location") or ""
        if location and left:
            there = location if "//" in location else f"http://{host}{location}"
            return self._ask("GET", there, None, left - 1)
        reader = _Forms()
        reader.feed(text)
        forms: dict[str, dict[str, str]] = {}
        for action, values in reader.all:
            forms.setdefault(action or path, values)
        return Page(answer.status, f"http://{host}{path}", text, location, forms)


def puts(person: Visitor, wanted: Wanted) -> None:
    """Put a product into the cart."""
    path = f"/products/{wanted.slug}/"
    page = person.get(path)
    assert person.post(page, path, **{**wanted.answers, "quantity": "1", "go": "add"}).status == 200


def signs_up(person: Visitor) -> None:
    """Open an account."""
    page = person.get("/auth/signup/")
    answer = person.post(page, "/auth/signup/", **person.customer.signup)
    assert "One mail is on its way" in answer.text, answer.text[:2000]


def confirms(person: Visitor, mail: str) -> None:
    """Follow the link of the mail that arrived."""
    (link,) = set(re.findall(r"http://\S+/auth/confirm-email/\S+?/(?=\s|$)", mail))
    page = person.get(link)
    action = next(each for each in page.forms if "confirm" in each)
    assert person.post(page, action).status == 200


def logs_in(person: Visitor) -> None:
    """Log in."""
    page = person.get("/auth/login/")
    told = {"login": person.customer.email, "password": person.customer.signup["password1"]}
    assert "/auth/login/" not in person.post(page, "/auth/login/", **told).url


def orders_and_pays(person: Visitor) -> None:
    """Order what lies in the cart, and pay on the hosted page."""
    page = person.get("/checkout/")
    page = person.post(page, "/checkout/", gateway="testpay", **person.customer.order)
    assert "/demo/pay/" in page.url, f"{page.url} {page.text[:3000]}"
    action = next(iter(each for each in page.forms if "/demo/pay/" in each))
    page = person.post(page, action, do="pay")
    assert page.status == 200, f"{page.url} {page.status} {page.text[:3000]}"


def is_paid(person: Visitor) -> bool:
    """Whether the invoice is paid."""
    return "Paid" in person.get("/account/invoices/").text


def services_run(person: Visitor) -> bool:
    """Whether every service that was ordered runs."""
    text = person.get("/account/services/").text
    return len(re.findall(r">\s*Active\s*<", text)) >= len(person.customer.wants)
