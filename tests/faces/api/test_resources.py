"""What a program reads and does: the same things that pages show and do, through the same door."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from hostkeep.audit.models import Entry
from hostkeep.billing.queries.invoices import invoices_of
from hostkeep.brands.queries import policy_in_force
from hostkeep.kernel.ids import BrandId
from hostkeep.people.queries import account, account_of_user, keys_of
from hostkeep.provisioning.queries import services_of
from hostkeep.runtime import clock
from hostkeep.shop.queries.orders import orders_of
from tests.faces.api.conftest import V1, Program, problem, program
from tests.faces.client.conftest import BRANDS
from tests.faces.shop.conftest import PAY_PAGE


@pytest.mark.parametrize("brand", BRANDS)
def test_everybody_reads_the_policy_and_the_catalogue(db, brand: str) -> None:
    nobody = Program(brand)
    (version,) = nobody.get("/policy/versions").json()["items"]
    policy = policy_in_force(BrandId(brand), clock.now())

    assert (version["version"], version["state"], version["digest"]) == (1, "in_force", policy.digest)
    whole = nobody.get("/policy/versions/1").json()
    assert {clause["id"] for clause in whole["clauses"]} == {clause.id for clause in policy.clauses}
    assert nobody.get("/policy/versions/1/changes/1").json()["changes"] == []
    catalogue = nobody.get("/catalogue").json()
    product = nobody.product()
    assert product["plans"][0]["price"]["currency"] == catalogue["currency"]
    assert product["plans"][0]["price"]["minor"] > 0


@pytest.mark.parametrize("brand", BRANDS)
def test_the_profile_holds_what_the_policy_asks_and_no_more(db, brand: str) -> None:
    ann = program(brand)
    told = ann.get("/account").json()
    asked = {f.category for f in policy_in_force(BrandId(brand), clock.now()).forms["signup"].fields}
    assert {each["category"] for each in told["profile"]} <= asked - {"email", "password"}
    assert told["email"] in {"ann@example.test", ""}
    assert all(each["clause"] for each in told["profile"])


def test_one_value_is_corrected_and_the_others_stay(ann: Program) -> None:
    assert ann.call("PATCH", "/account", {"name": "Anna Fields"}).json() == {"changed": ["name"]}
    assert (ann.member.kept("name"), ann.member.kept("phone")) == ("Anna Fields", "+31201234567")
    assert json.loads(ann.member.kept("address"))["city"] == "Amsterdam"


def test_part_of_an_address_is_corrected(ann: Program) -> None:
    assert ann.call("PATCH", "/account", {"city": "Utrecht"}).json() == {"changed": ["address"]}
    assert json.loads(ann.member.kept("address"))["city"] == "Utrecht"


def test_what_the_policy_does_not_ask_is_refused_with_its_clause(ann: Program) -> None:
    for extra in ({"gov_id": "123"}, {"email": "eve@example.test"}, {"subject": "x"}, {"company": "C"}):
        told = problem(ann.call("PATCH", "/account", {"name": "Eve", **extra}), 422, "form.field.undeclared")
        assert told["clause"] == policy_in_force(BrandId("vps6"), clock.now()).forms["signup"].closed_by
    assert ann.member.kept("name") == "Ann Fields"


def test_a_value_that_does_not_fit_names_the_clause_that_asks_for_it(ann: Program) -> None:
    told = problem(ann.call("PATCH", "/account", {"phone": "123"}), 422, "api.fields.bad")
    (wrong,) = told["errors"]
    assert wrong["field"] == "phone" and wrong["clause"] and "{" not in wrong["why"]
    assert told["clause"]


def test_the_language_is_chosen_among_the_brands(ann: Program) -> None:
    assert ann.call("PUT", "/account/language", {"language": "vi"}).status_code == 204
    assert account(ann.account.id).language == "vi"
    problem(ann.call("PUT", "/account/language", {"language": "fr"}), 422, "form.field.undeclared")


def test_an_answer_speaks_the_accounts_language_where_the_call_names_none(ann: Program) -> None:
    assert ann.get("/account").headers["Content-Language"] == "en"
    ann.call("PUT", "/account/language", {"language": "vi"})
    assert ann.get("/account").headers["Content-Language"] == "vi"
    assert ann.get("/account", headers={"accept-language": "en"}).headers["Content-Language"] == "en"
    assert ann.get("/account?lang=en").headers["Content-Language"] == "en"


def test_what_was_accepted_is_listed(ann: Program) -> None:
    (row,) = [each for each in ann.get("/account/acceptances").json()["items"] if each["what"] == "accept_policy"]
    assert row["version"] == 1 and row["form"] == "signup"


@pytest.mark.parametrize("brand", BRANDS)
def test_streams_are_started_and_stopped_as_far_as_the_policy_lets_them(db, brand: str) -> None:
    ann = program(brand)
    rows = ann.get("/account/messages").json()["items"]
    for row in rows:
        answer = ann.call("PATCH", "/account/messages", {row["stream"]: not row["wanted"]})
        if row["can_stop"]:
            now = {each["stream"]: each["wanted"] for each in answer.json()["items"]}
            assert now[row["stream"]] is not row["wanted"]
        else:
            assert problem(answer, 422, "form.field.undeclared")["clause"]


def test_a_consent_is_given_under_the_version_shown_and_taken_back(db) -> None:
    for brand in BRANDS:
        ann = program(brand)
        told = ann.get("/account/consents").json()
        if told["asked"]:
            break
    matter = told["asked"][0]
    body = {"purpose": matter["purpose"], "recipient": matter["recipient"]}
    problem(ann.post("/account/consents", {**body, "digest": "0" * 64}), 409, "api.consent.other_version")

    assert ann.post("/account/consents", {**body, "digest": told["digest"]}).status_code == 204

    (row,) = [each for each in ann.get("/account/consents").json()["items"] if each["state"] == "given"]
    assert row["words"][-1]["how"] == "api" and row["words"][-1]["digest"] == told["digest"]
    where = f"/account/consents/{matter['purpose']}?recipient={matter['recipient']}"
    assert ann.call("DELETE", where).status_code == 204
    assert ann.get("/account/consents").json()["items"][0]["state"] == "withdrawn"
    problem(ann.call("DELETE", where), 409, "vault.consent.none_stands")


def test_a_consent_that_nobody_asks_for_is_refused(ann: Program) -> None:
    digest = ann.get("/account/consents").json()["digest"]
    answer = ann.post("/account/consents", {"purpose": "world_peace", "digest": digest})
    problem(answer, 422, "vault.consent.not_asked_for")


def test_a_cart_is_filled_changed_and_emptied(ann: Program) -> None:
    assert ann.get("/cart").json()["lines"] == []
    cart = ann.puts(quantity=2)
    (line,) = cart["lines"]
    assert cart["gross"]["minor"] == cart["net"]["minor"] + cart["tax"]["minor"] > 0
    more = ann.call("PATCH", f"/cart/lines/{line['id']}", {"quantity": 3}).json()
    assert more["lines"][0]["quantity"] == 3 and more["gross"]["minor"] > cart["gross"]["minor"]
    assert ann.call("PUT", "/cart/currency", {"currency": "USD"}).json()["gross"]["currency"] == "USD"
    assert ann.call("DELETE", f"/cart/lines/{line['id']}").json()["lines"] == []


def test_the_cart_is_the_one_that_the_pages_show(ann: Program) -> None:
    ann.puts(quantity=2)
    assert ann.product()["name"] in ann.member.get("/cart/").content.decode()


def test_what_lies_in_the_cart_is_ordered_and_paid(ann: Program, gateway) -> None:
    ann.puts(quantity=2)

    answer = ann.orders(gateway="testpay")

    assert answer.status_code == 201, answer.content
    told = answer.json()
    (order,) = orders_of(ann.account.id)
    assert told["order"] == str(order.id) and answer.headers["Location"] == f"{V1}/orders/{order.id}"
    assert told["payment"]["outcome"] == "waiting" and told["payment"]["visit"] == PAY_PAGE
    assert ann.get("/cart").json()["lines"] == []
    shown = ann.get(f"/orders/{order.id}").json()
    assert len(shown["services"]) == 2 == len(services_of(ann.account.id))
    assert ann.get(f"/invoices/{told['invoice']}").json()["state"] == "unpaid"


def test_an_order_is_placed_at_the_amount_shown_or_not_at_all(ann: Program) -> None:
    cart = ann.puts()
    wrong = {**cart["gross"], "minor": cart["gross"]["minor"] - 1}
    problem(ann.post("/orders", {"expected": wrong}, "o-1"), 409, "shop.price.changed")
    assert orders_of(ann.account.id) == ()


def test_an_order_needs_an_idempotency_key(ann: Program) -> None:
    ann.puts()
    problem(ann.orders(once=""), 400, "api.idempotency.missing")
    assert orders_of(ann.account.id) == ()


def test_an_empty_cart_is_no_order(ann: Program) -> None:
    problem(ann.orders(), 404, "shop.cart.unknown")
    cart = ann.puts()
    ann.call("DELETE", f"/cart/lines/{cart['lines'][0]['id']}")
    problem(ann.orders("o-2"), 409, "shop.cart.empty")


def test_what_an_order_may_not_ask_is_refused_with_its_clause(ann: Program) -> None:
    ann.puts()
    told = problem(ann.orders(answers={"gov_id": "123", "tax_id": "1"}), 422, "form.field.undeclared")
    assert told["clause"] and orders_of(ann.account.id) == ()


def test_a_way_to_pay_that_the_brand_does_not_offer_orders_nothing(ann: Program) -> None:
    ann.puts()
    answer = ann.orders(gateway="bitcoin")
    assert answer.status_code in {409, 422} and answer.headers["Content-Type"] == "application/problem+json"
    assert orders_of(ann.account.id) == ()


def test_lists_come_in_pages_that_miss_nothing_and_repeat_nothing(ann: Program, gateway) -> None:
    for number in range(5):
        ann.puts()
        assert ann.orders(once=f"o-{number}").status_code == 201
    for name in ("orders", "invoices", "services"):
        whole = [each["id"] for each in ann.get(f"/{name}").json()["items"]]
        seen, path = [], f"{V1}/{name}?limit=2"
        while path:
            answer = ann.get(path.removeprefix(V1))
            seen += [each["id"] for each in answer.json()["items"]]
            link = answer.headers.get("Link", "")
            assert bool(link) is (answer.json()["next"] is not None)
            path = link.partition("<")[2].partition(">")[0]
        assert seen == whole and len(set(seen)) == 5, name


def test_a_cursor_is_good_for_its_own_list_of_its_own_account(programs, gateway) -> None:
    ann, eve = programs(), programs(who="eve")
    for number in range(2):
        ann.puts()
        ann.orders(once=f"o-{number}")
    cursor = ann.get("/orders?limit=1").json()["next"]
    assert ann.get(f"/orders?cursor={cursor}").status_code == 200
    problem(ann.get(f"/invoices?cursor={cursor}"), 400, "api.cursor.bad")
    problem(eve.get(f"/orders?cursor={cursor}"), 400, "api.cursor.bad")
    problem(ann.get(f"/orders?cursor={cursor}x"), 400, "api.cursor.bad")


def test_an_invoice_is_shown_printed_and_paid(ann: Program, gateway) -> None:
    ann.puts()
    invoice = ann.orders().json()["invoice"]
    (row,) = ann.get("/invoices").json()["items"]
    assert (row["id"], row["state"]) == (invoice, "unpaid") and row["owed"] == row["gross"]
    whole = ann.get(f"/invoices/{invoice}").json()
    assert whole["lines"] and "testpay" in whole["gateways"]

    pdf = ann.get(f"/invoices/{invoice}/pdf")
    assert pdf.headers["Content-Type"] == "application/pdf" and pdf.content.startswith(b"%PDF")
    assert pdf.headers["Cache-Control"] == "no-store"

    paid = ann.post(f"/invoices/{invoice}/pay", {"gateway": "testpay"}).json()
    assert (paid["outcome"], paid["visit"]) == ("waiting", PAY_PAGE)
    looked = ann.post(f"/invoices/payments/{paid['payment']}/look-up")
    assert looked.json()["invoice"] == invoice
    assert invoices_of(ann.account.id).total == 1


def test_a_services_secret_is_opened_and_its_renewal_asked_for(room) -> None:
    ann = program("vpn")
    room.account, room.subject = ann.account.id, ann.account.subject
    service = room.builds("wireguard")
    shown = ann.get(f"/services/{service}").json()
    assert shown["state"] == "active" and shown["work"]
    (key,) = [each for each in shown["access"] if each["here"]][:1]

    opened = ann.post(f"/services/{service}/access/{key['name']}")

    assert "PrivateKey" in opened.json()["value"] and opened.headers["Cache-Control"] == "no-store"
    renewed = ann.post(f"/services/{service}/access/{key['name']}/renew", None, "r-1")
    assert renewed.status_code == 202
    problem(ann.post(f"/services/{service}/access/nothing/renew"), 404, "provisioning.secret.none")


def test_a_secret_is_shown_as_often_as_the_policy_says_and_never_kept_to_be_repeated(room) -> None:
    ann = program("vpn")
    room.account, room.subject = ann.account.id, ann.account.subject
    service = room.builds("wireguard")
    name = next(each["name"] for each in ann.get(f"/services/{service}").json()["access"] if each["here"])

    first = ann.post(f"/services/{service}/access/{name}", None, "s-1")
    again = ann.post(f"/services/{service}/access/{name}", None, "s-1")

    assert first.json()["value"]
    problem(again, 409, "api.idempotency.not_kept")
    if first.json()["gone"]:
        assert ann.post(f"/services/{service}/access/{name}", None, "s-2").status_code == 404


def test_a_key_lists_its_logins_keys_and_ends_them(ann: Program) -> None:
    from tests.faces.api.conftest import key_for

    other = Program("vps6", key_for(ann.member, ("account:read",)), ann.member)
    listed = ann.get("/keys").json()["items"]
    assert [each["this"] for each in listed] == [False, True] and "secret" not in listed[0]

    assert ann.call("DELETE", f"/keys/{listed[0]['id']}").status_code == 204

    problem(other.get("/account"), 401, "api.key.refused")
    assert ann.call("DELETE", "/keys").status_code == 204
    problem(ann.get("/keys"), 401, "api.key.refused")


def test_a_program_makes_no_keys(ann: Program) -> None:
    problem(ann.post("/keys", {"scopes": ["account:read"]}), 405, "api.method.wrong")
    assert len(keys_of(ann.member.user)) == 1


def test_what_a_program_does_is_entered_in_the_audit_under_its_key(ann: Program) -> None:
    ann.call("PATCH", "/account", {"name": "Anna"})
    entry = Entry.objects.filter(verb="people.profile.corrected").order_by("-id").first()
    assert (entry.actor, entry.role, entry.brand) == (f"key:{ann.key.split('_')[1]}", "customer", "vps6")


def test_an_expired_key_is_told_nothing_more_than_an_unknown_one(ann: Program) -> None:
    from hostkeep.people.models import ApiKey

    ApiKey.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    problem(ann.get("/account"), 401, "api.key.refused")
    assert account_of_user(ann.member.user) is not None


def test_a_restriction_takes_no_body_but_an_empty_one(db, programs) -> None:
    ann = programs("vps6")
    for body in (b"{", b"nonsense", b'"x"'):
        answer = ann.client.put(
            "/api/v1/account/restriction", body, content_type="application/json",
            headers={"host": "vps6.localhost", "authorization": f"Bearer {ann.key}"},
        )  # fmt: skip
        assert answer.status_code in {400, 422}, body
    assert ann.call("PUT", "/account/restriction", {"until": "never"}).status_code == 422
    assert ann.call("GET", "/account/objections").json()["restricted_at"] is None
    done = ann.call("PUT", "/account/restriction", {})
    assert done.status_code == 204, done.content
    assert ann.call("GET", "/account/objections").json()["restricted_at"] is not None
    assert ann.call("PUT", "/account/restriction").status_code == 204
