"""Promo codes through the API: the same cart, the same words, the same pace."""

from __future__ import annotations

from datetime import timedelta

from hostkeep.runtime import clock
from hostkeep.shop.models import Cart
from tests.faces.api.conftest import Program
from tests.faces.shop.test_promo_pages import makes


def test_a_code_is_put_in_ordered_with_and_shown(ann: Program) -> None:
    makes(ann.brand, periods=None)
    before = ann.puts()
    cart = ann.call("PUT", "/cart/promo", {"code": "spring"}).json()
    first = cart["lines"][0]["first"]["minor"]
    off = (first + 5) // 10
    assert cart["promo"] == {
        "code": "SPRING", "discount": {**before["net"], "minor": off}, "periods": None, "problem": None
    }  # fmt: skip
    assert cart["net"]["minor"] == before["net"]["minor"] - off
    placed = ann.post("/orders", {"expected": cart["gross"]}, "once-1").json()
    shown = ann.get(f"/orders/{placed['order']}").json()
    assert (shown["discount"]["minor"], shown["total"]["minor"]) == (off, first - off)


def test_a_code_is_taken_out(ann: Program) -> None:
    makes(ann.brand)
    ann.puts()
    ann.call("PUT", "/cart/promo", {"code": "SPRING"})
    assert ann.call("DELETE", "/cart/promo").json()["promo"] is None
    assert Cart.objects.get().promo is None


def test_what_does_not_hold_is_a_problem_document_of_one_kind(ann: Program) -> None:
    makes(ann.brand, "ENDED", ends_at=clock.now() - timedelta(hours=1))
    ann.puts()
    for code in ("NEVER", "ENDED"):
        answer = ann.call("PUT", "/cart/promo", {"code": code})
        assert (answer.status_code, answer.json()["code"]) == (422, "shop.promo.unknown")


def test_a_code_without_a_cart_is_refused(ann: Program) -> None:
    assert ann.call("PUT", "/cart/promo", {"code": "SPRING"}).status_code == 404


def test_guessing_is_paced(ann: Program) -> None:
    ann.puts()
    answers = [ann.call("PUT", "/cart/promo", {"code": f"guess{n}"}).status_code for n in range(21)]
    assert (set(answers[:20]), answers[20]) == ({422}, 429)
