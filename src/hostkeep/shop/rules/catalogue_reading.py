"""catalogue.yaml to a frozen catalogue; brands/vpsfast/catalogue.yaml explains every key."""

from __future__ import annotations

import hashlib

from ruamel.yaml.nodes import Node

from hostkeep.kernel.money import CURRENCIES, Money
from hostkeep.shop.errors import CatalogueRefused
from hostkeep.shop.rules.add_ons_reading import read_add_ons
from hostkeep.shop.rules.catalogue import (
    CatalogueFile,
    ChoiceEntry,
    Fact,
    GroupEntry,
    MeterEntry,
    OptionEntry,
    PlanEntry,
    ProductEntry,
    Question,
    TierEntry,
)
from hostkeep.shop.rules.pricing import Extra, PlanPrice
from hostkeep.shop.rules.reading import Reader
from hostkeep.shop.rules.terms_reading import KEYS, read_term, say_term

SCHEMA = "hostkeep-catalogue/1"
LONGEST_TRIAL = 366
MOST_STOCK = 1_000_000
MOST_PER = 10**18
KINDS = ("domain_name",)
DRIVER_SPEC_KEYS = 40


def read_catalogue(text: str, *, currencies: tuple[str, ...]) -> CatalogueFile:
    """Read a catalogue file.

    text        the file's content
    currencies  codes of the brand's currencies; every amount must name each of them
    Raises CatalogueRefused, which names every mistake with its line and what to write instead.
    """
    source = _Source(Reader(), currencies)
    groups = source.catalogue(text)
    if source.reader.mistakes:
        raise CatalogueRefused(mistakes="\n".join(str(mistake) for mistake in source.reader.mistakes))
    return CatalogueFile(hashlib.sha256(text.encode()).hexdigest(), groups)


class _Source:
    """Builds entries from nodes.  Slugs of groups and products are unique in the file."""

    def __init__(self, reader: Reader, currencies: tuple[str, ...]) -> None:
        self.reader = reader
        self.currencies = currencies
        self.groups: set[str] = set()
        self.products: set[str] = set()

    def catalogue(self, text: str) -> tuple[GroupEntry, ...]:
        """Read the whole file."""
        root = self.reader.root(text)
        if root is None:
            return ()
        found = self.reader.mapping(root, needs=("schema", "groups"))
        schema = found.get("schema")
        if schema is not None and self.reader.text(schema) != SCHEMA:
            self.reader.wrong(schema, f"this is not {SCHEMA}", f"write `schema: {SCHEMA}`")
        return tuple(self.group(node) for node in self.reader.items(found.get("groups")))

    def group(self, node: Node) -> GroupEntry:
        """Read a shelf; its products must carry the same labels, for they share a price list."""
        found = self.reader.mapping(node, needs=("slug", "name", "products"), may=("intro",))
        slug = self.reader.slug(found.get("slug"), self.groups)
        nodes = self.reader.items(found.get("products"))
        products = tuple(self.product(each) for each in nodes)
        for product, each in zip(products, nodes, strict=True):
            if [fact.label for fact in product.facts] != [fact.label for fact in products[0].facts]:
                self.reader.wrong(
                    each,
                    f"the facts of `{product.slug}` have other labels than the first product's",
                    "give all products of a group the same labels in the same order",
                )
        words = self.reader.words
        return GroupEntry(slug, words(found.get("name")), words(found.get("intro")), products)

    def product(self, node: Node) -> ProductEntry:
        """Read a product."""
        read = self.reader
        found = read.mapping(
            node,
            needs=("slug", "name", "driver", "plans"),
            may=(
                "tagline",
                "facts",
                "spec",
                "stock",
                "requires",
                "recipient",
                "resold",
                "hidden",
                "asks",
                "options",
                "meters",
                "add_ons",
            ),
        )
        stock, plans = found.get("stock"), self.plans(found.get("plans"))
        if "meters" in found and any(plan.trial_days for plan in plans):
            read.wrong(
                found["meters"], "a plan of it has a trial, and what is used is billed all the same",
                "leave out `trial`, or `meters`",
            )  # fmt: skip
        return ProductEntry(
            slug=read.slug(found.get("slug"), self.products),
            name=read.words(found.get("name")),
            tagline=read.words(found.get("tagline")),
            facts=tuple(self.fact(each) for each in read.items(found.get("facts"))),
            driver=read.slug(found.get("driver"), set()),
            spec=self.spec(found.get("spec")),
            stock=None if stock is None else read.whole(stock, least=0, most=MOST_STOCK),
            requires=tuple(read.text(each) for each in read.items(found.get("requires"))),
            recipient=read.text(found.get("recipient")),
            resold=read.yes(found.get("resold")),
            hidden=read.yes(found.get("hidden")),
            questions=self.questions(found.get("asks")),
            plans=plans,
            options=self.options(found.get("options"), plans),
            meters=self.meters(found.get("meters")),
            add_ons=read_add_ons(
                read, found.get("add_ons"), currencies=self.currencies, terms={plan.term for plan in plans}
            ),
        )

    def fact(self, node: Node) -> Fact:
        """Read a cell of the price list."""
        found = self.reader.mapping(node, needs=("label", "value"))
        return Fact(self.reader.words(found.get("label")), self.reader.words(found.get("value")))

    def spec(self, node: Node | None) -> dict[str, str]:
        """Read what a driver is told."""
        entries = {key: self.reader.text(value) for key, value in self.reader.pairs(node).items()}
        if node is not None and len(entries) > DRIVER_SPEC_KEYS:
            self.reader.wrong(node, "this spec is too long", f"keep it under {DRIVER_SPEC_KEYS} keys")
        return entries

    def questions(self, node: Node | None) -> tuple[Question, ...]:
        """Read the plain questions of a product."""
        read, taken = self.reader, set[str]()
        asked = []
        for each in read.items(node):
            found = read.mapping(each, needs=("slug", "label", "kind"), may=("ending",))
            kind = read.text(found.get("kind"))
            if "kind" in found and kind not in KINDS:
                read.wrong(found["kind"], f"`{kind}` is no kind of question", f"use {' or '.join(KINDS)}")
            slug = read.slug(found.get("slug"), taken)
            asked.append(Question(slug, read.words(found.get("label")), kind, read.text(found.get("ending"))))
        return tuple(asked)

    def plans(self, node: Node | None) -> tuple[PlanEntry, ...]:
        """Read the plans of a product; there is at least one."""
        read, taken = self.reader, set[str]()
        plans = []
        for each in read.items(node):
            found = read.mapping(each, needs=("slug", "prices"), may=(*KEYS, "setup", "trial"))
            slug = read.slug(found.get("slug"), taken)
            term = read_term(read, each, found)
            minor = read.amounts(found.get("prices"), self.currencies)
            setup = read.amounts(found.get("setup"), self.currencies)
            prices = {
                code: PlanPrice(self.money(minor[code], code), self.money(setup[code], code), term)
                for code in self.currencies
            }
            plans.append(PlanEntry(slug, term, prices, self.trial(found.get("trial"))))
        if node is not None and not plans:
            read.wrong(node, "there is no plan", "add at least one plan with its prices")
        return tuple(plans)

    def trial(self, node: Node | None) -> int:
        """Read how many days of a plan are free before its first term; none where nothing is said."""
        if node is None:
            return 0
        days = self.reader.mapping(node, needs=("days",)).get("days")
        return self.reader.whole(days, least=1, most=LONGEST_TRIAL)

    def options(self, node: Node | None, plans: tuple[PlanEntry, ...]) -> tuple[OptionEntry, ...]:
        """Read the options of a product; each has at least one choice.

        What a choice costs is said for each month, so beside a plan of hours or days it costs nothing.
        """
        read, taken = self.reader, set[str]()
        options = []
        short = next((plan.term for plan in plans if not plan.term.months), None)
        for each in read.items(node):
            found = read.mapping(each, needs=("slug", "label", "choices"))
            slug = read.slug(found.get("slug"), taken)
            choices = self.choices(found.get("choices"))
            if "choices" in found and not choices:
                read.wrong(found["choices"], f"`{slug}` has no choice", "add at least one choice")
            if short and any(extra.monthly.minor for one in choices for extra in one.extras.values()):
                read.wrong(
                    found["choices"],
                    f"a plan has `{say_term(short)}`, and a choice costs something each month",
                    "leave out its `prices`, or sell it as a product of its own",
                )  # fmt: skip
            options.append(OptionEntry(slug, read.words(found.get("label")), choices))
        return tuple(options)

    def choices(self, node: Node | None) -> tuple[ChoiceEntry, ...]:
        """Read the choices of an option."""
        read, taken = self.reader, set[str]()
        choices = []
        for each in read.items(node):
            found = read.mapping(each, needs=("slug", "label"), may=("note", "prices", "setup", "spec"))
            slug = read.slug(found.get("slug"), taken)
            monthly = read.amounts(found.get("prices"), self.currencies)
            once = read.amounts(found.get("setup"), self.currencies)
            extras = {
                code: Extra(self.money(monthly[code], code), self.money(once[code], code))
                for code in self.currencies
            }
            label, note = read.words(found.get("label")), read.words(found.get("note"))
            choices.append(ChoiceEntry(slug, label, note, extras, self.spec(found.get("spec"))))
        return tuple(choices)

    def meters(self, node: Node | None) -> tuple[MeterEntry, ...]:
        """Read what is counted of a product's use; whether its prices fit together is for who counts."""
        read, taken = self.reader, set[str]()
        meters = []
        for each in read.items(node):
            found = read.mapping(
                each, needs=("slug", "label", "model", "unit", "per", "tiers"), may=("included",)
            )
            included = found.get("included")
            meters.append(
                MeterEntry(
                    slug=read.slug(found.get("slug"), taken),
                    label=read.words(found.get("label")),
                    model=read.text(found.get("model")),
                    unit=read.text(found.get("unit")),
                    per=read.whole(found.get("per"), least=1, most=MOST_PER),
                    included=0 if included is None else read.whole(included, least=0, most=MOST_PER),
                    tiers=tuple(self.tier(one) for one in read.items(found.get("tiers"))),
                )
            )
        return tuple(meters)

    def tier(self, node: Node) -> TierEntry:
        """Read a span of a meter's prices."""
        read = self.reader
        found = read.mapping(node, needs=(), may=("up_to", "rates", "flat"))
        up_to = found.get("up_to")
        return TierEntry(
            None if up_to is None else read.whole(up_to, least=1, most=MOST_PER),
            read.amounts(found.get("rates"), self.currencies),
            read.amounts(found.get("flat"), self.currencies),
        )

    def money(self, minor: int, code: str) -> Money:
        """Make an amount of one of the brand's currencies."""
        return Money(minor, CURRENCIES[code])
