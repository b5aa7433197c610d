"""A product's page: choose, see the price, put it into the cart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods

from hostkeep.brands.queries import BrandRow
from hostkeep.faces.storefront.cart_keeping import cart_of, keep_token
from hostkeep.faces.storefront.shop_forms import asked_for, refuse_undeclared, with_prefix
from hostkeep.faces.storefront.use_prices import use_of_product
from hostkeep.faces.ui.accounts import account_or_none
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.errors import title_of
from hostkeep.faces.ui.pages import language_of, show
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.terms import Term
from hostkeep.people.queries import AccountRow
from hostkeep.policy.book import Policy
from hostkeep.shop.actions.carting import Wish, add_line, open_cart, switch_currency
from hostkeep.shop.errors import (
    BadAddOnQuantity,
    BadAnswer,
    BadQuantity,
    CartFull,
    NoSuchAddOn,
    NoSuchChoice,
    NoSuchCurrency,
    NoSuchOption,
    NoSuchPlan,
)
from hostkeep.shop.queries.shelves import product_by_slug
from hostkeep.shop.rules.add_ons import AddOnPrice, read_pieces
from hostkeep.shop.rules.answers import read_answers
from hostkeep.shop.rules.catalogue import Question
from hostkeep.shop.rules.pricing import MOST, Cost, Extra, PlanPrice, cost_of, read_quantity, sum_of
from hostkeep.shop.rules.rows import ChoiceRow, ProductRow

CHOICE, ANSWER, BESIDE = "option-", "answer-", "addon-"
"""How inputs of options, questions and add-ons begin; their slug follows."""

TO_PUT_RIGHT = (
    BadAddOnQuantity, BadAnswer, BadQuantity, CartFull, NoSuchAddOn, NoSuchChoice, NoSuchOption, NoSuchPlan,
)
"""Refusals shown on the product's own page, where they can be put right."""

SHORT = 5
"""From here on the page says how many are left."""


@dataclass(frozen=True, slots=True)
class Picked:
    """What the form holds: slugs and texts as they came.  quantity, and how many of add-ons: as typed."""

    plan: str
    choices: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)
    quantity: str = "1"
    beside: Mapping[str, str] = field(default_factory=dict)


@require_http_methods(["GET", "HEAD", "POST"])
def product(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a product with what is chosen; a post puts it into the cart.  Raises NoSuchProduct."""
    brand: BrandRow = request.brand  # type: ignore[attr-defined]
    sent = request.POST if request.method == "POST" else request.GET
    asked = sent.get("currency", "")
    currency = asked if asked in brand.currencies else brand.currencies[0]
    row = product_by_slug(brand.id, slug, currency=currency, language=language_of(request))
    items = [(key, sent.get(key, "")) for key in sent]
    picked = Picked(
        sent.get("plan", row.plans[0].slug if row.plans else ""),
        with_prefix(items, CHOICE),
        with_prefix(items, ANSWER),
        sent.get("quantity", "1"),
        with_prefix(items, BESIDE),
    )
    if request.method != "POST":
        return _page(request, row, picked, currency)
    refuse_undeclared(request, {"plan", "quantity", "currency"}, (CHOICE, ANSWER, BESIDE))
    if sent.get("go") == "price":
        return _page(request, row, picked, currency)
    try:
        return _put_into_cart(request, row, picked, asked or currency)
    except TO_PUT_RIGHT as refusal:
        return _page(request, row, picked, currency, refusal)


def _put_into_cart(request: HttpRequest, row: ProductRow, picked: Picked, currency: str) -> HttpResponse:
    """Put what is chosen into the cart of this browser, opening one if need be, and go there."""
    brand: BrandRow = request.brand  # type: ignore[attr-defined]
    if currency not in brand.currencies:
        raise NoSuchCurrency
    wish = Wish(
        row.slug, picked.plan, picked.choices, picked.answers, read_quantity(picked.quantity),
        _pieces(row, picked),
    )  # fmt: skip
    _check(row, picked)  # refuses what cannot be, before a cart is opened for it
    account = account_or_none(request)
    act = act_of(request, role=role_of(account), purpose="cart")
    response = HttpResponseRedirect("/cart/")
    held = cart_of(request, account)
    if held is None:
        opened = open_cart(act, currency=currency, account=account.id if account else None)
        keep_token(request, response, opened.token)
        cart = opened.cart
    else:
        cart = held.id
        if held.currency.code != currency:
            switch_currency(act, cart=cart, currency=currency)
    add_line(act, cart=cart, wish=wish)
    return response


def role_of(account: AccountRow | None) -> str:
    """Return in which role somebody fills a cart."""
    return "customer" if account else "visitor"


def _page(
    request: HttpRequest, row: ProductRow, picked: Picked, currency: str, refusal: Foreseen | None = None
) -> HttpResponse:
    """Draw the page with the price of what is chosen, or with what must be put right."""
    try:
        cost = _cost(row, picked)
    except TO_PUT_RIGHT as wrong:
        refusal, cost = refusal or wrong, None
    policy: Policy = request.policy  # type: ignore[attr-defined]
    context = {
        "product": row,
        "picked": picked,
        "plan": next((plan for plan in row.plans if plan.slug == picked.plan), None),
        "options": [(each, picked.choices.get(each.slug, each.choices[0].slug)) for each in row.options],
        "add_ons": [(each, picked.beside.get(each.slug, "0")) for each in row.add_ons],
        "questions": [(each, picked.answers.get(each.slug, "")) for each in row.questions],
        "cost": cost,
        "has_trials": any(plan.trial_days for plan in row.plans),
        "meters": use_of_product(request, row.slug, currency),
        "currency": currency,
        "problem": title_of(refusal) if refusal else "",
        "problem_at": _where(refusal),
        "asked": _asked(policy, row, language_of(request)),
        "short": row.left is not None and row.left <= SHORT,
        "most": 1 if row.questions else MOST,
        "in_months": any(each.term.months for each in row.plans),
        "by_the_month": any(each.term.months == 1 for each in row.plans),
    }
    return show(request, "storefront/product.html", context, status=refusal.status if refusal else 200)


def _cost(row: ProductRow, picked: Picked) -> Cost:
    """Return what is chosen costs, add-ons with it.

    Raises NoSuchPlan, NoSuchOption, NoSuchChoice, BadQuantity, NoSuchAddOn, BadAddOnQuantity.
    """
    plan = next((each for each in row.plans if each.slug == picked.plan), None)
    if plan is None:
        raise NoSuchPlan
    options = {option.slug: option.choices for option in row.options}
    for slug in picked.choices:
        if slug not in options:
            raise NoSuchOption(option=slug[:60])
    extras = [_extra(slug, choices, picked.choices.get(slug)) for slug, choices in options.items()]
    quantity = read_quantity(picked.quantity)
    one = cost_of(PlanPrice(plan.price, plan.setup, plan.term), extras, 1)
    beside = _beside(row, picked, plan.term)
    whole = sum_of([one, *beside], one.recurring.currency)
    cost = Cost(whole.recurring.times(quantity), whole.setup.times(quantity))
    return replace(cost, later=cost.recurring) if plan.trial_days and quantity == 1 else cost


def _beside(row: ProductRow, picked: Picked, term: Term) -> list[Cost]:
    """Return what add-ons cost beside one piece.  Raises NoSuchAddOn, BadAddOnQuantity."""
    pieces = _pieces(row, picked)
    return [
        AddOnPrice(each.for_term(term), each.once).times(pieces[each.slug])
        for each in row.add_ons if each.slug in pieces
    ]  # fmt: skip


def _pieces(row: ProductRow, picked: Picked) -> dict[str, int]:
    """Return how many of each add-on are wanted beside one piece.  Raises NoSuchAddOn, BadAddOnQuantity."""
    most = {each.slug: each.most for each in row.add_ons}
    for slug in picked.beside:
        if slug not in most:
            raise NoSuchAddOn(add_on=slug[:60])
    wanted = {slug: read_pieces(text, add_on=slug, most=most[slug]) for slug, text in picked.beside.items()}
    return {slug: pieces for slug, pieces in wanted.items() if pieces}


def _check(row: ProductRow, picked: Picked) -> None:
    """Refuse what the cart would refuse.  Raises what TO_PUT_RIGHT names, CartFull alone excepted."""
    _cost(row, picked)
    questions = [Question(each.slug, {}, "domain_name", each.ending) for each in row.questions]
    read_answers(questions, picked.answers)


def _extra(option: str, choices: tuple[ChoiceRow, ...], chosen: str | None) -> Extra:
    """Return what the choice of an option adds; the first where none was chosen.  Raises NoSuchChoice."""
    for choice in choices:
        if chosen in {None, choice.slug}:
            return Extra(choice.monthly, choice.once)
    raise NoSuchChoice(option=option)


def _where(refusal: Foreseen | None) -> str:
    """Return the id of the input that must be put right."""
    match refusal:
        case BadQuantity():
            return "quantity"
        case BadAnswer(facts={"question": str(question)}):
            return f"{ANSWER}{question}"
        case BadAddOnQuantity() | NoSuchAddOn():
            return "add-ons"
        case _:
            return "plans"


def _asked(policy: Policy, row: ProductRow, language: str) -> list[str]:
    """Return what an order of the product asks for, as people call it: the sign-up's facts and its own."""
    signup, order = policy.forms.get("signup"), policy.forms.get("order")
    fields = [*(signup.fields if signup else ()), *(order.fields if order else ())]
    return asked_for(policy, fields, language, also=row.requires)
