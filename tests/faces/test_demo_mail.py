"""/demo/mail/: what left, as a page and as data; nothing in a mail gets out of its frame."""

import json
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import Http404
from django.test import RequestFactory
from django.urls import include, path

from hostkeep.faces.demo import mail
from hostkeep.faces.demo.sink import Keeper

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

urlpatterns = [path("", include(mail.mail_urls))]

BODY = (
    b"From: VPS6 <help@vps6.example>\r\nTo: %s\r\nSubject: Confirm <b>now</b>\r\nX-Hostkeep-Brand: %s\r\n"
    b"Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\n"
    b"See http://vps6.localhost/go/ <script>alert(1)</script>\r\n--x\r\nContent-Type: text/html\r\n\r\n"
    b"<p>Hi</p><script>alert(2)</script>\r\n--x--\r\n"
)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    class Here:
        demo, data = True, tmp_path

        def __getattr__(self, name):
            return getattr(before, name)

    before = settings.HOSTKEEP
    monkeypatch.setattr(settings, "HOSTKEEP", Here())
    keeper = Keeper(tmp_path / "mail")
    for to, brand in ((b"ann@example.test", b"vps6"), (b"binh@example.test", b"vietnam-server")):
        keeper.keep(sender="help@vps6.example", to=[to.decode()], body=BODY % (to, brand), line="tls")
    return tmp_path / "mail"


def get(view, address="/demo/mail/", *args):
    request = RequestFactory().get(address, HTTP_HOST="localhost")
    request.user, request.session = AnonymousUser(), {}
    request._messages = []
    return view(request, *args)


def test_the_list_is_newest_first_and_can_be_narrowed():
    rows = json.loads(get(mail.mail_list, "/demo/mail/?format=json").content)

    assert [row["to"] for row in rows] == ["binh@example.test", "ann@example.test"]
    assert set(rows[0]) == {"id", "brand", "to", "subject", "headers", "text", "html"}
    assert rows[1]["headers"]["Subject"] == rows[1]["subject"] == "Confirm <b>now</b>"
    assert "http://vps6.localhost/go/" in rows[1]["text"] and "<p>Hi</p>" in rows[1]["html"]
    for query in ("to=ANN@example.test", "brand=vps6"):
        found = json.loads(get(mail.mail_list, f"/demo/mail/?format=json&{query}").content)
        assert [row["to"] for row in found] == ["ann@example.test"]
    assert json.loads(get(mail.mail_list, "/demo/mail/?format=json&to=eve@example.test").content) == []


def test_the_pages_show_mail_and_run_nothing_of_it(folder):
    first = min(folder.glob('*.json'))
    listed = get(mail.mail_list).content.decode()
    shown = get(mail.mail_shown, "/", first.stem)
    body = get(mail.mail_body, "/", first.stem)

    assert "ann@example.test" in listed and "Confirm &lt;b&gt;now" in listed and "<b>now" not in listed
    page = shown.content.decode()
    assert "<script>alert" not in page and 'sandbox="' in page and 'href="http://vps6.localhost/go/"' in page
    assert "frame-src 'self'" in shown["Content-Security-Policy"]
    assert "sandbox " in body["Content-Security-Policy"] and "default-src 'none'" in body["Content-Security-Policy"]
    assert "allow-scripts" not in body["Content-Security-Policy"] + page


def test_an_empty_folder_says_how_to_fill_it(folder):
    for file in folder.glob("*.json"):
        file.unlink()

    assert "Sign up at one of the shops" in get(mail.mail_list).content.decode()


@pytest.mark.parametrize("view", [mail.mail_shown, mail.mail_body])
def test_what_is_not_there_is_not_found(view):
    with pytest.raises(Http404):
        get(view, "/", "00000000000000000000-00000000")


def test_outside_the_demo_there_is_no_mail_page(monkeypatch):
    monkeypatch.setattr(type(settings.HOSTKEEP), "demo", False)
    for call in ((mail.mail_list,), (mail.mail_body, "/", "1")):
        with pytest.raises(Http404):
            get(*call)
