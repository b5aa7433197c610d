"""VS-4: declared cookies only, and every page reads without any."""

from __future__ import annotations

from hostkeep.promises.pages import read_page
from hostkeep.promises.tempter import WISH

PAGES = ("/", "/privacy/", "/privacy/promises/", "/auth/signup/", "/auth/login/", "/contact/")


def test_VS_4_every_page_reads_with_all_cookies_blocked(shop) -> None:
    front = read_page(shop("vietnam-server").get("/").body)
    products = {link for link in front.links if link.startswith("/products/")}
    assert products, "the front page leads to the products"

    for page in (*PAGES, *products):
        answer = shop("vietnam-server").get(page)
        assert (page, answer.status, answer.cookies) == (page, 200, ())


def test_VS_4_login_says_plainly_that_it_needs_a_cookie(shop) -> None:
    page = shop("vietnam-server").get("/auth/login/?lang=en").body

    assert "cookie" in read_page(page.partition("<main")[2].partition("</main")[0]).words.lower()


def test_VS_4_no_undeclared_cookie_is_set(shop) -> None:
    for name in ("evil", "csrftoken", "sessionid", "__Host-keep", "__Host-interest"):
        assert shop("vietnam-server").get("/", **{WISH: f"{name}=1; Path=/"}).cookies == ()
    (left,) = shop("vietnam-server").get("/", **{WISH: "__Host-cart=1; Path=/; Max-Age=99999999"}).cookies
    assert "Max-Age=604800" in left, "seven days are declared"


def test_VS_4_is_proven(prove) -> None:
    assert prove("VS-4") == {}


def test_VS_4_turns_red_without_the_guard(prove, monkeypatch) -> None:
    from hostkeep.faces.ui import guard

    monkeypatch.setattr(guard, "_guarded", lambda headers, *_: headers)

    assert set(prove("VS-4")) == {
        "A page sets a cookie that the policy does not name",
        "A page gives the cookie of the visit a lifetime",
    }


def test_VS_4_turns_red_when_a_page_demands_a_session(prove, monkeypatch) -> None:
    from django.contrib.messages.middleware import MessageMiddleware

    def opens_session(self, request):
        request.session["seen"] = "yes"

    monkeypatch.setattr(MessageMiddleware, "process_request", opens_session)

    assert "Every page reads with all cookies blocked, and sets none" in prove("VS-4")
