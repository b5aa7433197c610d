"""What is on sale, for everybody: in one currency and the reader's language."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Schema

from hostkeep.brands.queries import BrandRow
from hostkeep.faces.api.shapes import Amount, Code, Slug, Term, amount, term
from hostkeep.faces.api.use import Prices, prices_of
from hostkeep.faces.ui.pages import language_of
from hostkeep.flows.using import sold_with
from hostkeep.policy.book import Policy
from hostkeep.shop.errors import NoSuchCurrency
from hostkeep.shop.queries.shelves import groups_of, product_by_slug
from hostkeep.shop.rules.rows import AddOnRow, CardRow, OptionRow, PlanRow, ProductRow

router = Router()


class Fact(Schema):
    """A cell of the price list."""

    label: str
    value: str


class Plan(Schema):
    """A term and its price.

    price       for the whole term
    setup       once
    trial_days  free before the first term, for one piece and once a customer and product; 0: none
    """

    slug: str
    term: Term
    price: Amount
    setup: Amount
    trial_days: int


class Card(Schema):
    """A product in a list, with the first of its plans."""

    slug: str
    name: str
    tagline: str
    facts: list[Fact]
    plan: Plan
    sold_out: bool


class Group(Schema):
    """Products that stand together."""

    slug: str
    name: str
    intro: str
    products: list[Card]


class Catalogue(Schema):
    """All that is on sale.  prices: whether amounts are without tax ("net") or with it ("gross")."""

    currency: str
    prices: str
    groups: list[Group]


class Choice(Schema):
    """A choice of an option.  monthly: for each month of the term.  once: with the first invoice."""

    slug: str
    label: str
    note: str
    monthly: Amount
    once: Amount


class Option(Schema):
    """An option; the first of its choices is the standard one."""

    slug: str
    label: str
    choices: list[Choice]


class TermPrice(Schema):
    """What an add-on costs for a term that has a price of its own."""

    term: Term
    price: Amount


class AddOn(Schema):
    """An extra beside a product.

    monthly  one piece for each month of the term, but for terms that have a price of their own
    once     one piece, with the first bill: its set-up, or all there is of what is bought once
    recurs   whether it is billed each term
    most     how many a service may have
    """

    slug: str
    name: str
    blurb: str
    monthly: Amount
    terms: list[TermPrice]
    once: Amount
    recurs: bool
    most: int


class Question(Schema):
    """What an order of the product must answer.  ending: what the answer must end with, or empty."""

    slug: str
    label: str
    ending: str


class Metered(Schema):
    """Something that is counted of a product's use, and its prices."""

    slug: str
    title: str
    prices: Prices


class Product(Schema):
    """A product with all there is to choose.

    requires  categories of personal data that its order asks beyond sign-up
    left      pieces left, or null where it never runs out
    meters    what is counted of its use and billed afterwards
    add_ons   extras that come and go alone
    """

    slug: str
    name: str
    tagline: str
    group: str
    facts: list[Fact]
    plans: list[Plan]
    options: list[Option]
    questions: list[Question]
    requires: list[str]
    recipient: str
    left: int | None
    meters: list[Metered]
    add_ons: list[AddOn]


@router.get("", response=Catalogue, auth=None, operation_id="get_catalogue")
def get_catalogue(request: HttpRequest, currency: Code | None = None) -> Catalogue:
    """List the groups and their products.  Without a currency: in the brand's first one."""
    code = _currency(request, currency)
    brand: BrandRow = request.brand  # type: ignore[attr-defined]
    groups = groups_of(brand.id, currency=code, language=language_of(request))
    return Catalogue(
        currency=code,
        prices=brand.prices,
        groups=[
            Group(slug=g.slug, name=g.name, intro=g.intro, products=[_card(card) for card in g.cards])
            for g in groups
        ],
    )


@router.get("/products/{slug}", response=Product, auth=None, operation_id="get_product")
def get_product(request: HttpRequest, slug: Slug, currency: Code | None = None) -> Product:
    """Show one product with its plans, options and questions."""
    brand: BrandRow = request.brand  # type: ignore[attr-defined]
    code = _currency(request, currency)
    policy: Policy = request.policy  # type: ignore[attr-defined]
    language = language_of(request)
    row = product_by_slug(brand.id, slug, currency=code, language=language)
    found = sold_with(policy, brand=brand.id, products=[row.slug], currency=code, language=language)
    meters = [
        Metered(slug=each.slug, title=each.title, prices=prices_of(each.tariff, code))
        for each in found.get(row.slug, ())
    ]
    return _product(row, meters)


def _currency(request: HttpRequest, asked: str | None) -> str:
    """Return the currency of an answer.  Raises NoSuchCurrency."""
    brand: BrandRow = request.brand  # type: ignore[attr-defined]
    if asked is None:
        return brand.currencies[0]
    if asked not in brand.currencies:
        raise NoSuchCurrency
    return asked


def _card(row: CardRow) -> Card:
    """Show a product of a list."""
    return Card(
        slug=row.slug,
        name=row.name,
        tagline=row.tagline,
        facts=[Fact(label=fact.label, value=fact.value) for fact in row.facts],
        plan=_plan(row.plan),
        sold_out=row.sold_out,
    )


def _plan(row: PlanRow) -> Plan:
    """Show a plan."""
    return Plan(
        slug=row.slug, term=term(row.term), price=amount(row.price), setup=amount(row.setup),
        trial_days=row.trial_days,
    )  # fmt: skip


def _option(row: OptionRow) -> Option:
    """Show an option."""
    choices = [
        Choice(
            slug=each.slug, label=each.label, note=each.note,
            monthly=amount(each.monthly), once=amount(each.once),
        )
        for each in row.choices
    ]  # fmt: skip
    return Option(slug=row.slug, label=row.label, choices=choices)


def _product(row: ProductRow, meters: list[Metered]) -> Product:
    """Show a product."""
    return Product(
        slug=row.slug,
        name=row.name,
        tagline=row.tagline,
        group=row.group,
        facts=[Fact(label=fact.label, value=fact.value) for fact in row.facts],
        plans=[_plan(plan) for plan in row.plans],
        options=[_option(option) for option in row.options],
        questions=[Question(slug=q.slug, label=q.label, ending=q.ending) for q in row.questions],
        requires=list(row.requires),
        recipient=row.recipient,
        left=row.left,
        meters=meters,
        add_ons=[_add_on(each) for each in row.add_ons],
    )


def _add_on(row: AddOnRow) -> AddOn:
    """Show an add-on."""
    terms = [TermPrice(term=term(length), price=amount(price)) for length, price in row.terms.items()]
    return AddOn(
        slug=row.slug, name=row.name, blurb=row.blurb, monthly=amount(row.monthly), terms=terms,
        once=amount(row.once), recurs=row.recurs, most=row.most,
    )  # fmt: skip
