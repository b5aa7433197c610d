"""Money without a reference: a name and an amount that fit through the door, or staff."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hostkeep.adapters.gateways.bank_transfer.gateway import BankTransfer
from hostkeep.audit.models import Entry as Deed
from hostkeep.billing.calls import gateways
from hostkeep.billing.errors.gateways import GatewayNotOffered
from hostkeep.billing.errors.payments import BadBankFile
from hostkeep.billing.models import Payment
from hostkeep.billing.queries.invoices import sheet
from hostkeep.billing.queries.payments import payment
from hostkeep.billing.rules.party import Party
from hostkeep.brands import queries as brands
from hostkeep.brands.models import Brand
from hostkeep.flows.bank_files import import_bank_file
from hostkeep.flows.matching import candidates
from hostkeep.kernel.ids import BrandId, PaymentId
from tests.drivers.bank_files import Entry, camt
from tests.rooms.billing.making import Buyer, billing_act, line

STAFF = billing_act(role="billing")
HEADS = "Date;Amount;Description;Name;ID;IBAN\n"


@pytest.fixture
def bank(db) -> Iterator[None]:
    before = list(gateways._make)
    gateways.carry_with(lambda name, _: {"bank_transfer": BankTransfer()}.get(name))
    yield
    gateways._make[:] = before


def says(**bank: object) -> None:
    """Let the brand's [bank] say more."""
    row = Brand.objects.get(id="vps6")
    row.profile = {**row.profile, "bank": {**row.profile["bank"], **bank}}
    row.save(update_fields=["profile"])
    brands.forget()


def row(amount: str = "24,08", *, name: str = "ÅBERG ANN", id_: str = "T-1", words: str = "hello") -> str:
    return f"2026-03-02;{amount};{words};{name};{id_};NL67HKPD0123456789\n"


def reads(*rows: str, act=STAFF):
    return import_bank_file(act, body=(HEADS + "".join(rows)).encode())


def ann(**more) -> tuple[Buyer, object]:
    buyer = Buyer()
    return buyer, buyer.owes(party=Party("1", **({"name": "Ann Åberg"} | more))).id


def test_a_table_is_matched_by_reference(bank) -> None:
    buyer, invoice = ann()
    reference = sheet(invoice, of=buyer.account).reference
    [found] = reads(row(words=f"invoice {reference}")).rows
    assert (found.fate, found.bank_id) == ("paid", "T-1")
    assert reads(row(words=f"invoice {reference}")).rows[0].fate == "known"
    assert Payment.objects.count() == 1


def test_names_are_not_compared_unless_the_brand_says_so(bank) -> None:
    ann()
    assert reads(row()).rows[0].fate == "unmatched"
    assert not Deed.objects.using("audit").filter(category="invoice_party", role="system").exists()


@pytest.mark.parametrize("made_of", ["csv", "camt"])
def test_amount_and_name_find_the_only_invoice(bank, made_of: str) -> None:
    says(match_names=True)
    buyer, invoice = ann()
    if made_of == "csv":
        [found] = reads(row()).rows
    else:
        body = camt(Entry("24.08", "hello")).replace(b"CANARY Anna Payer", "Åberg, Ann".encode())
        [found] = import_bank_file(STAFF, body=body).rows
    assert (found.fate, sheet(invoice, of=buyer.account).is_paid) == ("paid", True)
    assert Deed.objects.filter(verb="billing.payment.matched").count() == 1
    assert Deed.objects.using("audit").filter(category="invoice_party", role="system", purpose="billing").count() == 1
    stored = str(list(Payment.objects.values()))
    assert "berg" not in stored.casefold()


def test_a_company_is_a_buyer_too(bank) -> None:
    says(match_names=True)
    buyer, invoice = ann(company="Åberg Hosting BV")
    assert reads(row(name="ABERG HOSTING B V".replace("B V", "BV"))).rows[0].fate == "paid"


@pytest.mark.parametrize("name", ["Ben Berg", "", "Ann"])
def test_another_name_waits_for_staff(bank, name: str) -> None:
    says(match_names=True)
    ann()
    assert reads(row(name=name)).rows[0].fate == "unmatched"


def test_two_invoices_over_the_same_amount_wait_for_staff(bank) -> None:
    says(match_names=True)
    ann()
    ann()
    assert reads(row()).rows[0].fate == "unmatched"
    waiting = payment(PaymentId(Payment.objects.get().id), brand=BrandId("vps6"))
    assert len(candidates(waiting)) == 2


def test_where_the_door_refuses_nothing_is_matched(bank, monkeypatch) -> None:
    from hostkeep.policy.decide import Decision
    from hostkeep.kernel.ids import ClauseId
    from hostkeep.vault import door

    says(match_names=True)
    buyer, invoice = ann()
    monkeypatch.setattr(door, "decide", lambda *_: Decision(False, ClauseId("V6-1"), "no"))
    assert reads(row()).rows[0].fate == "unmatched"
    assert not sheet(invoice, of=buyer.account).paid.minor


def test_candidates_are_near_and_of_this_brand(bank) -> None:
    buyer = Buyer()
    exact, fee, far = (buyer.owes(line(minor)) for minor in (1990, 2020, 3000))
    Buyer("vpsfast").owes(line(1990))
    reads(row())
    waiting = payment(PaymentId(Payment.objects.get().id), brand=BrandId("vps6"))
    assert [each.number for each in candidates(waiting)] == [exact.number, fee.number]
    assert far.number not in {each.number for each in candidates(waiting)}


def test_a_table_of_another_account_books_nothing(bank) -> None:
    with pytest.raises(BadBankFile) as refusal:
        reads(row(), row().replace("NL67HKPD0123456789", "NL00OTHR0000000001"))
    assert refusal.value.facts["why"] == "account" and not Payment.objects.exists()


def test_a_brand_whose_policy_forbids_it_reads_no_table(bank) -> None:
    with pytest.raises(GatewayNotOffered) as refusal:
        reads(row(), act=billing_act("vpn", role="billing"))
    assert refusal.value.facts["clause"] == "VPN-5" and not Payment.objects.exists()
