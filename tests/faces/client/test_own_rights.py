"""Values on request, objections, restriction, and the copy: each for its owner alone."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from django.test import Client
from django.utils.html import escape

from hostkeep.audit import sequencing
from hostkeep.audit.models import Entry
from hostkeep.brands.queries import policy_in_force
from hostkeep.faces.ui.moments import day_text
from hostkeep.kernel.ids import BrandId, CategoryId, PurposeId
from hostkeep.people.actions.keys import make_key
from hostkeep.runtime import clock
from hostkeep.vault import door
from hostkeep.vault.disclosures import disclosures_of
from hostkeep.vault.door import Refused
from hostkeep.vault.looks import looks_of
from hostkeep.vault.models import ExportPart, Objection
from hostkeep.vault.wall import opened
from tests.conftest import make_act
from tests.faces.client.conftest import BRANDS, Member
from tests.faces.client.test_keys_page import proves
from tests.faces.shop.conftest import hidden, text

LOOKED = "/account/privacy/looked/"
HELD, EXPORT, OBJECT = "/account/privacy/held/", "/account/privacy/export/", "/account/privacy/objections/"


@pytest.fixture
def own_keyring(tmp_path_factory, settings) -> None:
    """Keys of this test's own: a checkpoint over another test's book would forbid one over this."""
    settings.HOSTKEEP = replace(settings.HOSTKEEP, keyring=tmp_path_factory.mktemp("keys") / "keys")


def test_a_value_shows_on_request_and_never_before(ann) -> None:
    page = ann.get(f"{HELD}phone/")
    assert "+31201234567" not in text(page)
    assert "On our pages" in text(page)
    shown = ann.sends(page, f"{HELD}phone/")
    assert "+31201234567" in text(shown)
    assert "no-store" in shown["Cache-Control"]


def test_an_address_falls_into_its_lines(ann) -> None:
    shown = text(ann.sends(ann.get(f"{HELD}address/"), f"{HELD}address/"))
    assert "Keizersgracht 7" in shown
    assert "Amsterdam" in shown
    assert "{" not in shown.split("<dl", 1)[1].split("</dl>", 1)[0]


@pytest.mark.parametrize("category", ["gov_id", "password", "shoe_size", "card"])
def test_what_is_not_held_has_no_page(ann, category: str) -> None:
    assert ann.get(f"{HELD}{category}/").status_code == 404


@pytest.mark.parametrize("brand", BRANDS)
def test_uses_on_our_interest_can_be_stopped_and_others_not(member, brand: str) -> None:
    ann = member(brand)
    page = ann.get(OBJECT)
    assert page.status_code == 200
    offered = re.findall(r'objections/make/.*?name="purpose" value="([a-z_]+)"', text(page), re.S)
    assert not set(offered) & {"billing", "service", "account", "dispute", "legal_obligation"}
    assert bool(offered) == (brand != "vpn")
    if offered:
        assert ann.sends(page, f"{OBJECT}make/", purpose="billing").status_code == 422
    subject = ann.account.subject
    with opened():
        assert Objection.objects.filter(subject=subject).count() == 0


def test_an_objection_and_the_restriction_are_made_and_taken_back(ann) -> None:
    assert ann.sends(ann.get(OBJECT), f"{OBJECT}make/", purpose="offers").status_code == 302
    assert "stopped since" in text(ann.get(OBJECT))
    assert ann.sends(ann.get(OBJECT), f"{OBJECT}take-back/", purpose="offers").status_code == 302
    assert "stopped since" not in text(ann.get(OBJECT))
    assert ann.sends(ann.get(OBJECT), f"{OBJECT}restrict/").status_code == 302
    assert "Lift the restriction" in text(ann.get(OBJECT))
    assert ann.sends(ann.get(OBJECT), f"{OBJECT}lift/").status_code == 302
    assert "Lift the restriction" not in text(ann.get(OBJECT))
    assert sent(ann, f"{OBJECT}lift/").status_code == 302


def test_what_no_purpose_can_be_called_ends_nothing(ann) -> None:
    assert ann.sends(ann.get(OBJECT), f"{OBJECT}make/", purpose="offers").status_code == 302
    assert ann.sends(ann.get(OBJECT), f"{OBJECT}take-back/", purpose="\0offers?").status_code == 302
    assert "stopped since" in text(ann.get(OBJECT))


def test_a_foreign_field_is_refused(ann) -> None:
    assert ann.sends(ann.get(OBJECT), f"{OBJECT}make/", purpose="offers", subject="x").status_code == 422


def sent(member, action: str, **values: str):
    """Post to an address whose own form another page draws, with the token of one that this page has."""
    here = EXPORT if "/export/" in action else OBJECT
    page = member.get(here)
    token = hidden(page, re.search(r'action="(/account/privacy/[a-z/-]+)"', text(page))[1])
    return member.post(action, **{**token, **values})


def copy_of(member) -> tuple[str, zipfile.ZipFile]:
    made = text(proves(member, member.sends(member.get(EXPORT), f"{EXPORT}make/")))
    at = re.search(r'action="(/account/privacy/export/[0-9a-f-]{36}/)"', made)
    key = re.search(r'name="key" value="([A-Za-z0-9_-]{43})"', made)
    assert at is not None and key is not None
    got = sent(member, at[1], key=key[1])
    assert got.status_code == 200
    assert got["Content-Type"] == "application/zip"
    assert "no-store" in got["Cache-Control"]
    again = sent(member, at[1], key=key[1])
    assert again.status_code == 410
    return at[1], zipfile.ZipFile(io.BytesIO(got.content))


def test_a_reload_leads_back_and_makes_no_second_copy(ann) -> None:
    proves(ann, ann.sends(ann.get(EXPORT), f"{EXPORT}make/"))
    with opened():
        made = ExportPart.objects.count()
    answer = ann.get(f"{EXPORT}make/")
    assert (answer.status_code, answer.headers["Location"]) == (302, EXPORT)
    with opened():
        assert ExportPart.objects.count() == made > 0
    assert 'name="key"' not in text(ann.get(EXPORT)), "its key is shown on one page alone"


@pytest.mark.parametrize("brand", BRANDS)
def test_the_copy_matches_its_manifest_and_holds_every_value(member, brand: str) -> None:
    ann = member(brand)
    _, archive = copy_of(ann)
    manifest = json.loads(archive.read("manifest.json"))
    assert {each["name"] for each in manifest["files"]} == set(archive.namelist()) - {"manifest.json"}
    for each in manifest["files"]:
        assert hashlib.sha256(archive.read(each["name"])).hexdigest() == each["sha256"]
    assert manifest["account"] == ann.account.number
    values = {row["category"]: row for row in json.loads(archive.read("data/values.json"))}
    assert values["email"]["value"] == "ann@example.test"
    assert all(row["channel"] == "web" and row["digest"] == manifest["policy"]["digest"] for row in values.values())
    assert ("phone" in values) == (brand in {"vpsfast", "vps6", "vietnam-server"})
    rows = list(csv.DictReader(io.StringIO(archive.read("tables/values.csv").decode("utf-8-sig"))))
    assert {row["category"] for row in rows} == set(values)
    with opened():
        assert ExportPart.objects.count() == 0


def test_another_customer_fetches_nothing(member) -> None:
    ann, bob = member("vps6"), member("vps6", "bob")
    made = text(proves(ann, ann.sends(ann.get(EXPORT), f"{EXPORT}make/")))
    at = re.search(r'action="(/account/privacy/export/[0-9a-f-]{36}/)"', made)[1]
    key = re.search(r'name="key" value="([A-Za-z0-9_-]{43})"', made)[1]
    assert sent(bob, at, key=key).status_code == 410
    assert sent(ann, at, key="A" * 43).status_code == 410
    assert sent(ann, at, key=key).status_code == 200


def test_who_looked_stands_there_with_refusals_and_without_names(ann) -> None:
    subject = ann.account.subject
    support = make_act("support", "account", brand="vps6", at=clock.now(), actor="staff:5f0c")
    door.reveal(support, subject=subject, category=CategoryId("phone"), reason="call back")
    with pytest.raises(Refused):
        door.reveal(support.for_purpose(PurposeId("offers")), subject=subject, category=CategoryId("phone"))
    page = text(ann.get(LOOKED))
    assert "Our staff" in page and "Support" in page and "Phone number" in page
    assert "Refused" in page
    assert "5f0c" not in page and "+31201234567" not in page


def lines_of(page: str) -> list[tuple[str, ...]]:
    """The lines of the list: who, what, what for and when, as a person reads them."""
    body = page.split('id="looks"', 1)[1].split("<tbody>", 1)[1].split("</tbody>", 1)[0]
    cells = (re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in body.split("</tr>") if "<th" in row)
    return [tuple(" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in row) for row in cells]


def test_staff_program_and_key_each_stand_there_with_purpose_and_time(ann) -> None:
    subject, phone, now = ann.account.subject, CategoryId("phone"), clock.now()
    for at, act, reason in (
        (now - timedelta(days=2), make_act("support", "account", brand="vps6", actor="staff:5f0c"), "call back"),
        (now - timedelta(days=1), make_act("system", "account", brand="vps6", actor="job:notices"), ""),
    ):
        door.reveal(replace(act, at=at), subject=subject, category=phone, reason=reason)
    making = make_act("customer", "account", brand="vps6", at=clock.now(), own=subject, actor=f"user:{ann.user}")
    secret = make_key(making, user=ann.user, account=ann.account.id, scopes=["account:read"], expires_at=None).key
    answer = Client().get("/api/v1/account", headers={"host": ann.host, "authorization": f"Bearer {secret}"})
    assert "+31201234567" in answer.content.decode()

    page = text(ann.get(LOOKED))
    lines = lines_of(page)
    [staff] = [line for line in lines if line[0] == "Our staff Support"]
    [program] = [line for line in lines if line[0] == "Our program" and "Phone number" in line[1]]
    [key] = [line for line in lines if line[0].startswith("A key of yours")]
    prefix = secret.split("_")[1]
    assert key[0] == f"A key of yours 1 hk_{prefix}_…"
    assert "Phone number" in staff[1] and "Phone number" in key[1]
    assert [line[2] for line in (staff, program)] == [said_purpose("account")] * 2
    assert key[2] == said_purpose(Entry.objects.using("audit").get(actor=f"key:{prefix}").purpose)
    days = [day_text(at, "Europe/Amsterdam", "en") for at in (now - timedelta(days=2), now - timedelta(days=1), now, clock.now())]
    told = [line[3].split(",")[0] for line in (staff, program, key)]
    assert told[:2] == days[:2] and told[2] in days[2:]
    assert re.search(r"<span class=\"label\">Your keys</span><b>1</b>", page)
    assert str(ann.user) not in page


def said_purpose(purpose: str) -> str:
    return str(policy_in_force(BrandId("vps6"), clock.now()).purposes[PurposeId(purpose)].label["en"])


def test_a_key_that_is_gone_is_still_a_key(ann) -> None:
    act = make_act("customer", "rights", brand="vps6", at=clock.now(), own=ann.account.subject, actor="key:0123456789ab")
    door.reveal(act, subject=ann.account.subject, category=CategoryId("phone"))
    [line] = [line for line in lines_of(text(ann.get(LOOKED))) if "Phone number" in line[1]]
    assert line[0] == "A key of yours hk_0123456789ab_…"


def test_what_staff_read_together_is_one_line_that_names_each_of_it(ann) -> None:
    subject = ann.account.subject
    wishes = [door.Wish(subject, CategoryId(each)) for each in ("phone", "name")]
    door.reveal_many(make_act("support", "account", brand="vps6"), wishes=wishes, reason="call back")

    assert "Name, Phone number" in text(ann.get(LOOKED))


def test_one_customer_sees_nothing_of_another(member) -> None:
    ann, bob = member("vps6"), member("vps6", "bob")
    ann.sends(ann.get(f"{HELD}phone/"), f"{HELD}phone/")
    assert "Phone number" in text(ann.get(f"{LOOKED}?all=1"))
    act = make_act("customer", "rights", brand="vps6", own=bob.account.subject)
    assert looks_of(act, subject=ann.account.subject) == ()
    assert disclosures_of(act, subject=ann.account.subject) == ()


@pytest.mark.parametrize("brand", BRANDS)
def test_nothing_was_given_and_the_page_says_who_could_get_something(member, brand: str) -> None:
    page = text(member(brand).get("/account/privacy/given/"))
    assert "Nothing of yours was given to anybody." in page
    for recipient in policy_in_force(BrandId(brand), clock.now()).recipients.values():
        assert str(escape(recipient.label["en"])) in page


@pytest.mark.parametrize("brand", BRANDS)
def test_content_is_handed_over_or_deleted_where_the_policy_says_so(member, brand: str) -> None:
    answer = member(brand).get("/account/privacy/content/")
    assert answer.status_code == (200 if brand == "vietnam-server" else 404)


def test_before_the_first_checkpoint_the_script_says_so(committed, own_keyring, tmp_path, pg, monkeypatch) -> None:
    """Somebody else seals the book all the while: the copy does not wait for that for ever."""
    monkeypatch.setattr(sequencing, "PATIENCE", "200ms")
    ann = Member("vps6")
    with psycopg.connect(pg.url("postgres", committed)) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s, %s)", sequencing.LOCK)
        _, archive = copy_of(ann)
    archive.extractall(tmp_path)
    check = [sys.executable, str(tmp_path / "log" / "verify_export.py"), str(tmp_path / "log" / "entries.json")]

    said = subprocess.run(check, capture_output=True, text=True, check=False)  # noqa: S603  our own script
    assert (said.returncode, "none was made yet" in said.stdout) == (0, True), said.stderr


def test_the_log_in_the_copy_is_proven_by_its_own_script(committed, own_keyring, tmp_path) -> None:
    ann = Member("vps6")
    ann.sends(ann.get(f"{HELD}phone/"), f"{HELD}phone/")
    _, archive = copy_of(ann)
    archive.extractall(tmp_path)
    entries = tmp_path / "log" / "entries.json"
    check = [sys.executable, str(tmp_path / "log" / "verify_export.py"), str(entries)]

    said = subprocess.run(check, capture_output=True, text=True, check=False)  # noqa: S603  our own script
    assert said.returncode == 0, said.stdout
    assert "0 of 0" not in said.stdout and "Signature: good" in said.stdout

    told = json.loads(entries.read_text(encoding="utf-8"))
    assert any(e["fields"]["verb"] == "vault.value.revealed" for e in told["entries"])
    assert told["waiting"] == [], "what was done a moment before the copy is proven in it"
    assert str(ann.account.subject) not in entries.read_text(encoding="utf-8"), "the book knows pseudonyms alone"
    told["entries"][0]["fields"]["purpose"] = "offers"
    entries.write_text(json.dumps(told), encoding="utf-8")
    assert subprocess.run(check, capture_output=True, check=False).returncode == 1  # noqa: S603  as above
