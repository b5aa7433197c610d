"""Loading a brand's catalogue."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Model, QuerySet

from hostkeep.audit.recorded import recorded
from hostkeep.brands.queries import brand as brand_row
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, Ref
from hostkeep.shop.models import Catalogue, Choice, ChoicePrice, Group, Option, Plan, Price, Product
from hostkeep.shop.rules.catalogue import (
    AddOnEntry,
    CatalogueFile,
    ChoiceEntry,
    GroupEntry,
    OptionEntry,
    PlanEntry,
    ProductEntry,
)
from hostkeep.shop.rules.catalogue_reading import read_catalogue
from hostkeep.shop.rules.pricing import Extra, PlanPrice
from hostkeep.shop.rules.term_columns import columns_of


@dataclass(frozen=True, slots=True)
class Loaded:
    """A catalogue that is on sale.  changed: whether the file differs from the one before."""

    catalogue: uuid.UUID
    groups: int
    products: int
    changed: bool

    @property
    def ref(self) -> Ref:
        """The catalogue."""
        return Ref("shop.catalogue", self.catalogue)


@recorded("shop.catalogue.loaded")
def load_catalogue(act: Act, *, brand: BrandId, text: str) -> Loaded:
    """Put on sale what a catalogue file says, and take off the shelf what it no longer names.

    text  the content of brands/<brand>/catalogue.yaml

    The same file again changes nothing.  What disappears is retired and comes back with its slug; a price
    that changes gets an end and a successor; a stock that changes moves by the difference, so that what
    was sold stays sold.
    Writes the catalogue's tables and an audit entry, or nothing.  Raises CatalogueRefused, NoSuchBrand.
    """
    file = read_catalogue(text, currencies=brand_row(brand).currencies)
    catalogue = _held_catalogue(act, brand)
    changed = catalogue.digest != file.digest
    if changed:
        list(Product.objects.select_for_update().filter(brand=brand).order_by("id").values("id"))
        _load(act, brand, file)
        catalogue.digest = file.digest
        catalogue.revision = uuid.uuid4()
        catalogue.loaded_at = act.at
        catalogue.save()
    products = sum(len(group.products) for group in file.groups)
    return Loaded(catalogue.id, len(file.groups), products, changed)


def _held_catalogue(act: Act, brand: BrandId) -> Catalogue:
    """Return the brand's catalogue, so that two loadings come one after the other."""
    Catalogue.objects.get_or_create(brand=brand, defaults={"digest": "", "loaded_at": act.at})
    return Catalogue.objects.select_for_update().get(brand=brand)


def _load(act: Act, brand: BrandId, file: CatalogueFile) -> None:
    """Write every shelf."""
    for place, entry in enumerate(file.groups):
        _load_group(act, brand, place, entry)
    _retire(act, Group.objects.filter(brand=brand), [group.slug for group in file.groups])
    on_sale = [product.slug for group in file.groups for product in group.products]
    _retire(act, Product.objects.filter(brand=brand), on_sale)


def _load_group(act: Act, brand: BrandId, place: int, entry: GroupEntry) -> None:
    """Write one shelf and what stands on it."""
    group, _ = Group.objects.update_or_create(
        brand=brand,
        slug=entry.slug,
        defaults={"position": place, "title": entry.name, "text": entry.intro, "retired_at": None},
    )
    for position, product in enumerate(entry.products):
        _load_product(act, group, position, product)


def _load_product(act: Act, group: Group, place: int, entry: ProductEntry) -> None:
    """Write one product with its plans and options."""
    known = Product.objects.filter(brand=group.brand, slug=entry.slug).first()
    product, _ = Product.objects.update_or_create(
        brand=group.brand,
        slug=entry.slug,
        defaults={
            "group": group,
            "position": place,
            "title": entry.name,
            "text": entry.tagline,
            "facts": [asdict(fact) for fact in entry.facts],
            "driver": entry.driver,
            "spec": entry.spec,
            "requires": list(entry.requires),
            "recipient": entry.recipient,
            "questions": [asdict(question) for question in entry.questions],
            "meters": [asdict(meter) for meter in entry.meters],
            "add_ons": [_add_on(add_on) for add_on in entry.add_ons],
            "resold": entry.resold,
            "hidden": entry.hidden,
            "stock": _stock(known, entry.stock),
            "stock_given": entry.stock,
            "retired_at": None,
        },
    )
    for position, plan in enumerate(entry.plans):
        _load_plan(act, product, position, plan)
    _retire(act, Plan.objects.filter(product=product), [plan.slug for plan in entry.plans])
    for position, option in enumerate(entry.options):
        _load_option(act, product, position, option)
    _retire(act, Option.objects.filter(product=product), [option.slug for option in entry.options])


def _add_on(entry: AddOnEntry) -> dict[str, Any]:
    """Return an add-on as it is kept; queries.add_ons reads it."""
    terms = [
        {**{name: count for name, count in columns_of(each.term).items() if count}, "prices": each.prices}
        for each in entry.terms
    ]
    return {**asdict(entry), "terms": terms}


def _stock(known: Product | None, given: int | None) -> int | None:
    """Return what is left: the file's new figure less what was sold of its former one."""
    if given is None or known is None or known.stock is None or known.stock_given is None:
        return given
    return max(0, known.stock + given - known.stock_given)


def _load_plan(act: Act, product: Product, place: int, entry: PlanEntry) -> None:
    """Write one plan and its prices."""
    plan, _ = Plan.objects.update_or_create(
        product=product,
        slug=entry.slug,
        defaults={
            "position": place, **columns_of(entry.term), "trial_days": entry.trial_days, "retired_at": None,
        },
    )
    _set_prices(act, Price.objects.filter(plan=plan), {"plan": plan}, _amounts(entry.prices))


def _load_option(act: Act, product: Product, place: int, entry: OptionEntry) -> None:
    """Write one option and its choices."""
    option, _ = Option.objects.update_or_create(
        product=product,
        slug=entry.slug,
        defaults={"position": place, "title": entry.label, "retired_at": None},
    )
    for position, choice in enumerate(entry.choices):
        _load_choice(act, option, position, choice)
    _retire(act, Choice.objects.filter(option=option), [choice.slug for choice in entry.choices])


def _load_choice(act: Act, option: Option, place: int, entry: ChoiceEntry) -> None:
    """Write one choice and its prices."""
    choice, _ = Choice.objects.update_or_create(
        option=option,
        slug=entry.slug,
        defaults={
            "position": place,
            "title": entry.label,
            "note": entry.note,
            "spec": entry.spec,
            "retired_at": None,
        },
    )
    _set_prices(act, ChoicePrice.objects.filter(choice=choice), {"choice": choice}, _extras(entry.extras))


def _amounts(prices: Mapping[str, PlanPrice]) -> dict[str, dict[str, int]]:
    """Return the columns of a plan's prices by currency."""
    return {
        code: {"minor": each.price.minor, "setup_minor": each.setup.minor} for code, each in prices.items()
    }


def _extras(extras: Mapping[str, Extra]) -> dict[str, dict[str, int]]:
    """Return the columns of a choice's prices by currency."""
    return {
        code: {"monthly_minor": extra.monthly.minor, "once_minor": extra.once.minor}
        for code, extra in extras.items()
    }


def _set_prices(
    act: Act, history: QuerySet[Any], owner: Mapping[str, Model], wanted: Mapping[str, Mapping[str, int]]
) -> None:
    """End the prices of today that are not wanted, and begin those that are not there."""
    today = {price.currency: price for price in history.filter(until=None)}
    for code, price in today.items():
        columns = wanted.get(code)
        if columns is None or any(getattr(price, name) != value for name, value in columns.items()):
            history.filter(id=price.id).update(until=act.at)
    standing = set(history.filter(until=None).values_list("currency", flat=True))
    for code, columns in wanted.items():
        if code not in standing:
            history.model.objects.create(currency=code, since=act.at, until=None, **owner, **columns)


def _retire(act: Act, entries: QuerySet[Any], kept: list[str]) -> None:
    """Take off the shelf what is not kept."""
    entries.filter(retired_at=None).exclude(slug__in=kept).update(retired_at=act.at)
