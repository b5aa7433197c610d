"""V6-11: customers change what they told at any time; the new value counts at once, and who changed it is on record."""

from __future__ import annotations

from hostkeep.audit.models import Entry
from hostkeep.runtime import clock
from hostkeep.vault.nyms import nym_of
from tests.faces.client.conftest import Member

NEW = "+31612345678"


def test_V6_11_a_new_phone_number_is_used_at_once_and_the_audit_says_who_and_when(db) -> None:
    ann = Member("vps6")
    ann.saves()
    before, since = Entry.objects.count(), clock.now()

    assert ann.saves(phone=NEW).status_code == 302

    entries = [e for e in Entry.objects.order_by("id")[before:] if e.thing == nym_of(ann.account.subject)]
    assert {(e.verb, e.actor) for e in entries} >= {("people.profile.corrected", f"user:{ann.user}")}
    assert {e.actor for e in entries} == {f"user:{ann.user}"}
    assert all(since <= e.at <= clock.now() for e in entries)
    assert ann.kept("phone") == NEW


def test_V6_11_the_audit_does_not_say_what(db) -> None:
    ann = Member("vps6")
    ann.saves(phone=NEW)
    assert Entry.objects.filter(verb="people.profile.corrected").exists()

    columns = [f.attname for f in Entry._meta.concrete_fields]
    said = " ".join(str(getattr(entry, name)) for entry in Entry.objects.all() for name in columns)
    assert NEW not in said and NEW[1:] not in said


def test_V6_11_a_profile_that_keeps_the_old_number_would_be_noticed(db, monkeypatch) -> None:
    from hostkeep.people.actions import correcting

    ann = Member("vps6")
    before = ann.kept("phone")
    monkeypatch.setattr(correcting.door, "put", lambda *_, **__: None)
    ann.saves(phone=NEW)

    assert ann.kept("phone") == before == "+31201234567"


def test_V6_11_a_message_stream_is_stopped_there_too(db) -> None:
    from hostkeep.kernel.ids import BrandId
    from hostkeep.messaging.queries import choices_of
    from tests.clauses.mails import switches

    ann = Member("vps6")
    switches(ann, product_news="on", site_news="on")

    assert choices_of(ann.account.subject, brand=BrandId("vps6")) == {"offers": False}
