"""Links to pay one invoice, given and taken back by a program."""

from __future__ import annotations

from urllib.parse import urlsplit

from hostkeep.audit.models import Entry
from hostkeep.runtime import clock
from tests.faces.api.conftest import Program, key_for, problem, program
from tests.faces.billing.test_pay_links import allows, nobody
from tests.rooms.billing.making import Buyer


def owes(who: Program):
    return Buyer(who.brand, who.account.id, who.account.subject).owes(at=clock.now()).id


def link_of(who: Program, invoice) -> str:
    told = who.get(f"/invoices/{invoice}/pay-link").json()
    assert told["until"] is not None
    return urlsplit(told["url"]).path


def test_a_link_is_given_and_taken_back(ann: Program) -> None:
    allows(ann.brand)
    invoice, friend = owes(ann), nobody(ann.brand)
    path = link_of(ann, invoice)
    assert friend.get(path).status_code == 200
    for _ in range(2):
        answer = ann.call("DELETE", f"/invoices/{invoice}/pay-link", once="r-1")
        assert (answer.status_code, answer.content) == (204, b"")
        assert friend.get(path).status_code == 404
    assert Entry.objects.filter(verb="billing.pay_links.revoked", thing=invoice).count() == 1
    assert friend.get(link_of(ann, invoice)).status_code == 200


def test_a_shop_without_links_gives_none(ann: Program) -> None:
    allows(ann.brand, days=0)
    invoice = owes(ann)
    assert ann.get(f"/invoices/{invoice}/pay-link").json() == {"url": None, "until": None}
    assert ann.call("DELETE", f"/invoices/{invoice}/pay-link").status_code == 204


def test_nobody_elses_and_not_without_the_scope(ann: Program) -> None:
    allows(ann.brand)
    mine, ben = owes(ann), program(ann.brand, who="ben")
    path = link_of(ann, mine)
    for method in ("GET", "DELETE"):
        problem(ben.call(method, f"/invoices/{mine}/pay-link"), 404, "billing.invoice.none")
        reader = Program(ann.brand, key_for(ann.member, ("invoices:read",)), ann.member)
        assert reader.call(method, f"/invoices/{mine}/pay-link").status_code == 403
    assert nobody(ann.brand).get(path).status_code == 200
    assert not Entry.objects.filter(verb="billing.pay_links.revoked").exists()
