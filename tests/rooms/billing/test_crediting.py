"""Credit is given, used and taken; never more than there is, and each once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connection

from hostkeep.billing.actions.crediting import give_credit, take_credit, use_credit
from hostkeep.billing.errors.credit import BadCredit, CreditDiffers, NotEnoughCredit
from hostkeep.billing.errors.documents import AlreadyPaid, NoSuchInvoice
from hostkeep.billing.models import Allocation, CreditEntry
from hostkeep.billing.queries.invoices import sheet
from hostkeep.kernel.ids import AccountId
from hostkeep.kernel.money import EUR, USD, Money
from hostkeep.ledger import book
from hostkeep.ledger.models import Entry
from hostkeep.ledger.statements import totals
from hostkeep.runtime.models import Event
from tests.meeting import PATIENCE
from tests.rooms.billing.making import Buyer, billing_act, line
from tests.rooms.ledger.test_covered import definition, replaced, rewritten


@pytest.fixture
def buyer(db) -> Buyer:
    return Buyer()


def credit_of(buyer: Buyer, currency=EUR) -> int:
    return -book.balance(f"credit:{buyer.account}", currency).minor


def gift(buyer: Buyer, minor: int, *, once: str = "", currency=EUR, kind="gift"):
    act = billing_act(buyer.brand, role="billing")
    amount = Money(minor, currency)
    return give_credit(act, account=buyer.account, amount=amount, kind=kind, once=once or uuid4().hex)


def use(buyer: Buyer, invoice, minor: int | None = None, *, once: str = "", currency=EUR, **more):
    amount = Money(minor, currency) if minor is not None else None
    act = billing_act(more.pop("brand", buyer.brand))
    account = more.pop("account", buyer.account)
    return use_credit(act, account=account, invoice=invoice, amount=amount, once=once or uuid4().hex)


def paid_events() -> int:
    return Event.objects.filter(kind="InvoicePaid").count()


def test_a_gift_is_credit_and_a_cost(buyer: Buyer) -> None:
    gift(buyer, 500)
    assert credit_of(buyer) == 500
    assert book.balance("gifts:vps6", EUR) == Money(500, EUR)
    gift(buyer, 200, kind="unused")
    assert book.balance("unused:vps6", EUR) == Money(200, EUR)
    assert credit_of(buyer) == 700


def test_the_same_gift_again_changes_nothing_and_another_under_its_key_is_refused(buyer: Buyer) -> None:
    first = gift(buyer, 500, once="g1")
    again = gift(buyer, 500, once="g1")
    assert (again.entry, again.again) == (first.entry, True)
    with pytest.raises(CreditDiffers):
        gift(buyer, 501, once="g1")
    with pytest.raises(CreditDiffers):
        gift(Buyer(), 500, once="g1")
    assert credit_of(buyer) == 500


@pytest.mark.parametrize("minor", [0, -1])
def test_nothing_and_less_is_not_given_taken_or_used(buyer: Buyer, minor: int) -> None:
    invoice = buyer.owes().id
    gift(buyer, 5)
    with pytest.raises(BadCredit):
        gift(buyer, minor)
    with pytest.raises(BadCredit):
        take_credit(
            billing_act(), account=buyer.account, amount=Money(minor, EUR), once="t", reason="mistake"
        )
    with pytest.raises((BadCredit, NotEnoughCredit)):
        use(buyer, invoice, minor)
    assert credit_of(buyer) == 5 and not Allocation.objects.exists()


def test_credit_pays_an_invoice_whole(buyer: Buyer) -> None:
    issued = buyer.owes()  # 2408
    gift(buyer, 3000)
    used = use(buyer, issued.id)
    assert (used.amount, used.paid) == (Money(2408, EUR), True)
    assert sheet(issued.id, of=buyer.account).is_paid
    assert [part.gateway for part in sheet(issued.id, of=buyer.account).payments] == ["credit"]
    assert credit_of(buyer) == 592 and book.balance(f"receivable:{buyer.account}", EUR).minor == 0
    assert paid_events() == 1
    with pytest.raises(AlreadyPaid):
        use(buyer, issued.id)


def test_credit_pays_a_part_and_the_rest_later(buyer: Buyer) -> None:
    issued = buyer.owes()
    gift(buyer, 1000)
    assert not use(buyer, issued.id).paid and paid_events() == 0
    with pytest.raises(NotEnoughCredit):
        use(buyer, issued.id)
    gift(buyer, 5000)
    with pytest.raises(BadCredit) as refusal:
        use(buyer, issued.id, 1409)
    assert refusal.value.facts["why"] == "more"
    assert not use(buyer, issued.id, 400).paid
    assert use(buyer, issued.id, 1008).paid
    assert credit_of(buyer) == 6000 - 2408 and paid_events() == 1


def test_the_same_use_again_changes_nothing(buyer: Buyer) -> None:
    issued, other = buyer.owes(), buyer.owes()
    gift(buyer, 5000)
    first = use(buyer, issued.id, once="u1")
    again = use(buyer, issued.id, once="u1")
    assert (again.entry, again.amount, again.again, again.paid) == (first.entry, first.amount, True, True)
    with pytest.raises(CreditDiffers):
        use(buyer, other.id, once="u1")
    assert Allocation.objects.count() == 1


def test_currencies_never_mix(buyer: Buyer) -> None:
    issued = buyer.owes(line(currency=EUR))
    gift(buyer, 5000, currency=USD)
    with pytest.raises(NotEnoughCredit):
        use(buyer, issued.id)
    with pytest.raises(BadCredit) as refusal:
        use(buyer, issued.id, 100, currency=USD)
    assert refusal.value.facts["why"] == "currency"
    assert credit_of(buyer, USD) == 5000


def test_nobody_uses_their_credit_elsewhere(buyer: Buyer) -> None:
    mine, theirs = buyer.owes(), Buyer().owes()
    gift(buyer, 5000)
    with pytest.raises(NoSuchInvoice):
        use(buyer, theirs.id)
    with pytest.raises(NoSuchInvoice):
        use(buyer, mine.id, brand="vpsfast")
    with pytest.raises(NoSuchInvoice):
        use(buyer, mine.id, account=AccountId(uuid4()))
    assert credit_of(buyer) == 5000 and not Allocation.objects.exists()


def test_credit_is_taken_back_down_to_nothing_and_no_further(buyer: Buyer) -> None:
    gift(buyer, 500)
    act = billing_act(role="billing")

    def take(minor: int) -> None:
        amount = Money(minor, EUR)
        take_credit(act, account=buyer.account, amount=amount, once=uuid4().hex, reason="mistake")

    with pytest.raises(NotEnoughCredit) as refusal:
        take(501)
    assert refusal.value.facts["held"] == 500
    take(500)
    assert credit_of(buyer) == 0 and book.balance("gifts:vps6", EUR).minor == 0
    assert list(CreditEntry.objects.order_by("at", "minor").values_list("kind", "minor", "reason")) == [
        ("taken", -500, "mistake"), ("gift", 500, ""),
    ]  # fmt: skip


def raced(hands: int, deed: Callable[[int], object]) -> list[bool]:
    """Do a deed many times at once, each on a connection of its own; say which went through."""
    start = Barrier(hands)

    def one(n: int) -> bool:
        try:
            start.wait(PATIENCE)
            deed(n)
        except NotEnoughCredit:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(hands) as pool:
        return list(pool.map(one, range(hands)))


@pytest.mark.parametrize("hands", [8, 50])
def test_many_uses_of_one_balance_never_spend_more_than_there_is(committed: str, hands: int, pg) -> None:
    """First on a build whose lock is taken out, which must lose the race: by amount, as much as there is, and on
    an invoice each."""
    slow, slower = (
        replaced(definition(), "IF short IS NULL THEN", f"PERFORM pg_sleep({late}); IF short IS NULL THEN") for late in (0.02, 1)
    )
    rewritten(committed, pg, replaced(slower, "pg_advisory_xact_lock(spending_of", "(spending_of"))
    loser = Buyer()
    unpaid = [loser.owes().id for _ in range(hands)]
    gift(loser, 2408)
    raced(hands, lambda n: use(loser, unpaid[n], 2408 if n % 2 else None))
    assert credit_of(loser) < 0, "the race was won without the lock"

    rewritten(committed, pg, slow)
    buyer = Buyer()
    invoices = [buyer.owes().id for _ in range(hands)]
    gift(buyer, 3 * 2408 + 500)
    went = raced(hands, lambda n: use(buyer, invoices[n], 2408 if n % 2 else None))

    assert credit_of(buyer) >= 0
    mine = Allocation.objects.filter(invoice__account=buyer.account)
    assert sum(mine.values_list("minor", flat=True)) + credit_of(buyer) == 3 * 2408 + 500
    entries = CreditEntry.objects.filter(kind="used", account=buyer.account)
    assert sum(went) == mine.count() == entries.count()
    assert 3 <= sum(went) <= 4
    assert all(total.minor == 0 for total in totals())


def test_one_key_at_once_uses_credit_once(committed: str) -> None:
    buyer = Buyer()
    invoice = buyer.owes().id
    gift(buyer, 9000)
    assert all(raced(12, lambda _: use(buyer, invoice, once="same")))
    assert all(raced(12, lambda _: gift(buyer, 100, once="gift")))
    assert credit_of(buyer) == 9000 - 2408 + 100
    assert Allocation.objects.count() == 1


def test_two_invoices_under_one_key_at_once_are_not_both_paid(committed: str) -> None:
    buyer = Buyer()
    invoices = [buyer.owes().id, buyer.owes().id]
    gift(buyer, 9000)
    refused = []

    def one(n: int) -> None:
        try:
            use(buyer, invoices[n], once="same")
        except CreditDiffers:
            refused.append(n)

    raced(2, one)
    assert len(refused) == 1 and credit_of(buyer) == 9000 - 2408
    assert Entry.objects.filter(key__startswith="credit:").count() == 2


def test_the_same_key_for_another_amount_is_refused(buyer: Buyer) -> None:
    gift(buyer, 5000)
    invoice = buyer.owes()
    use(buyer, invoice.id, minor=1000, once="k")
    assert use(buyer, invoice.id, minor=1000, once="k").again
    with pytest.raises(CreditDiffers):
        use(buyer, invoice.id, minor=999, once="k")


def test_what_a_customer_paid_in_is_not_taken_as_if_it_were_a_gift(buyer: Buyer) -> None:
    from tests.rooms.billing.test_refunding import overpaid

    overpaid(buyer, 700)
    gift(buyer, 500)
    act = billing_act(role="billing")

    def take(minor: int, once: str) -> None:
        take_credit(act, account=buyer.account, amount=Money(minor, EUR), once=once, reason="mistake")

    take(200, "t-1")
    with pytest.raises(NotEnoughCredit) as refusal:
        take(301, "t-2")
    assert refusal.value.facts["held"] == 300
    take(300, "t-3")
    take(300, "t-3")
    assert credit_of(buyer) == 700 and book.balance("gifts:vps6", EUR).minor == 0
