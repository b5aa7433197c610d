"""Checkout sent twice at the same moment: one order, one invoice, one charge asked, the same answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from django.db import connections
from django.test import Client

from hostkeep.billing.queries.invoices import invoices_of
from hostkeep.brands import queries as brands
from hostkeep.provisioning.queries import services_of
from hostkeep.shop.queries.orders import orders_of
from tests.faces.shop.conftest import PAY_PAGE, Browser, hidden


def test_two_clicks_are_one_order(committed: str, gateway) -> None:
    brands.forget()
    ann = Browser("vps6")
    account = ann.signs_in()
    ann.puts(quantity="2")
    values = {**hidden(ann.get("/checkout/"), "/checkout/"), "gateway": "testpay"}

    def click(_: int) -> tuple[int, str]:
        twin = Browser("vps6", Client())
        for name, morsel in ann.client.cookies.items():
            twin.client.cookies[name] = morsel.value
        try:
            answer = twin.post("/checkout/", **values)
            return answer.status_code, answer.headers.get("Location", "")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(click, range(4)))

    assert set(answers) == {(302, PAY_PAGE)}
    (order,) = orders_of(account)
    assert sum(line.quantity for line in order.lines) == 2
    assert invoices_of(account).total == 1
    assert len(services_of(account)) == 2
    assert len({ask.once for ask in gateway.asked}) == 1
    brands.forget()
