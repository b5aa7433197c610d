"""The demo's sink, as a process of its own: what the mailer hands over lies in its folder."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hostkeep.adapters.mailers.smtp.mailer import Smtp
from hostkeep.drivers.mail import Letter, Taken
from hostkeep.faces.demo.mail_folder import kept_mail, kept_mails
from hostkeep.faces.demo.sink import Keeper
from tests.meeting import PATIENCE, until

BODY = (
    b"From: vps6 <help@vps6.example>\r\nTo: ann@example.test\r\nSubject: =?utf-8?q?=C4=90=C6=A1n_h=C3=A0ng?=\r\n"
    b"Date: Sun, 01 Mar 2026 12:00:00 +0000\r\nX-Hostkeep-Brand: vps6\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: quoted-printable\r\n\r\nXin ch=C3=A0o\r\n"
)


@pytest.fixture
def sink(tmp_path) -> Iterator[Path]:
    """A running sink; its folder is <path>/mail, its route <path>/route."""
    argv = [sys.executable, "-m", "hostkeep.faces.demo.sink", "--folder", str(tmp_path / "mail")]
    argv += ["--port-file", str(tmp_path / "port"), "--route-file", str(tmp_path / "route")]
    env = {"PYTHONPATH": str(Path(__file__).parents[2] / "src"), "PATH": "/usr/bin:/bin"}
    process = subprocess.Popen(argv, env=env)
    try:
        until(lambda: (tmp_path / "port").exists() or process.poll() is not None)
        assert process.poll() is None
        yield tmp_path
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0


def test_a_mail_leaves_over_tls_and_lies_in_a_private_file(sink):
    ca = str(sink / "mail" / "tls" / "certificate.pem")
    mailer = Smtp.configured({"route_file": str(sink / "route"), "starttls": "required", "ca": ca})

    answer = mailer.hand_over(Letter("help@vps6.example", "ann@example.test", BODY))

    assert isinstance(answer, Taken) and "kept as" in answer.proof
    (mail,) = kept_mails(sink / "mail")
    assert (mail.brand, mail.to, mail.subject, mail.line) == ("vps6", "ann@example.test", "Đơn hàng", "tls")
    assert mail.text == "Xin chào\n" and mail.html == "" and mail.at.year == 2026
    (file,) = (sink / "mail").glob("*.json")
    assert file.stat().st_mode & 0o777 == 0o600
    assert (sink / "mail").stat().st_mode & 0o777 == 0o700
    assert json.loads(file.read_text())["from"] == "help@vps6.example"


def test_only_the_newest_are_kept_and_they_come_newest_first(tmp_path):
    keeper = Keeper(tmp_path / "mail", newest=3)
    kept = [keeper.keep(sender="a@b.test", to=[f"{n}@x.test"], body=BODY, line="plain") for n in range(5)]

    assert [mail.id for mail in kept_mails(tmp_path / "mail")] == kept[:1:-1]
    again = Keeper(tmp_path / "mail", newest=2)
    again.keep(sender="a@b.test", to=["9@x.test"], body=BODY, line="plain")
    assert [mail.to for mail in kept_mails(tmp_path / "mail")] == ["9@x.test", "4@x.test"]
    assert kept_mail(tmp_path / "mail", kept[4]) is not None
    assert [mail.to for mail in kept_mails(tmp_path / "mail", to="4@X.test")] == ["4@x.test"]
    assert not list(kept_mails(tmp_path / "mail", brand="vpn"))


@pytest.mark.parametrize("bad", ["../../keys/secret_key", "x", "", "1" * 20, "." * 29])
def test_an_id_that_is_none_opens_no_file(tmp_path, bad):
    assert kept_mail(tmp_path, bad) is None


@pytest.mark.parametrize(
    "body",
    [b"", b"\r\n", b"no header at all", b"Content-Type: text/plain; charset=nonsense\r\n\r\nx", b"Date: x\r\n\r\n\xff\xfe",
     b"Content-Type: multipart/mixed\r\n\r\nno parts", b"From: =?x?y?z?=\r\nTo: <<>>\r\nDate:\r\n\r\n"],
)  # fmt: skip
def test_mail_that_is_not_ours_and_not_well_formed_is_shown_all_the_same(tmp_path, body):
    Keeper(tmp_path).keep(sender="", to=["x@y.test"], body=body, line="plain")

    (mail,) = kept_mails(tmp_path)
    assert mail.to == "x@y.test" and mail.brand == ""
