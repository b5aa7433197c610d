"""Posts that no page of ours made."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

HOST = {"host": "vps6.localhost"}
OWN = {**HOST, "Sec-Fetch-Site": "same-origin"}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Origin": "http://vps6.localhost.evil.test"},
        {"Origin": "http://vpn.localhost"},
        {"Referer": "http://evil.test/vps6.localhost"},
        {"Origin": "http://vps6.localhost", "Sec-Fetch-Site": "same-site"},
        {"Origin": "http://vps6.localhost", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": ""},
    ],
)
def test_a_post_from_elsewhere_is_refused(db, headers: dict[str, str]) -> None:
    answer = Client().post("/auth/login/", {"login": "a", "password": "b"}, headers={**HOST, **headers})
    assert answer.status_code == 403


@pytest.mark.parametrize("token", ["", "wrong", "schlüssel", "\x00"])
def test_a_wrong_token_is_refused(ann, token: str) -> None:
    assert ann.post("/account/profile/", form_token=token, name="Eve").status_code == 403
    assert ann.kept("name") == "Ann Fields"


def test_a_file_is_never_written_to_disk(db, monkeypatch) -> None:
    from django.core.files import uploadhandler

    monkeypatch.setattr(uploadhandler, "TemporaryUploadedFile", None)  # using it would raise
    big = SimpleUploadedFile("scan.png", b"x" * (settings.FILE_UPLOAD_MAX_MEMORY_SIZE + 1))
    answer = Client().post("/auth/signup/", {"email": "a@example.test", "scan": big}, headers=OWN)
    assert answer.status_code == 413


def test_a_file_that_nobody_asked_for_is_refused_by_clause(db) -> None:
    scan = SimpleUploadedFile("scan.png", b"x")
    answer = Client().post("/auth/signup/", {"email": "a@example.test", "scan": scan}, headers=OWN)
    assert answer.status_code == 422
    assert "V6-" in answer.content.decode()


def test_what_is_too_large_writes_no_line_as_if_a_page_had_broken(db, capfd: pytest.CaptureFixture[str]) -> None:
    big = b"x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
    answer = Client().post("/callbacks/testpay/", big, content_type="application/json", headers=HOST)
    assert answer.status_code == 413
    assert "page.broke" not in "".join(capfd.readouterr())
