"""The `add_ons` of a product in catalogue.yaml; brands/vpsfast/catalogue.yaml explains every key."""

from __future__ import annotations

from collections.abc import Collection

from ruamel.yaml.nodes import Node

from hostkeep.shop.rules.add_ons import MOST_OF_ONE
from hostkeep.shop.rules.catalogue import AddOnEntry, TermPrice
from hostkeep.shop.rules.reading import Reader

MAY = ("blurb", "prices", "terms", "setup", "once", "most", "work")
LONGEST_TERM = 120


def read_add_ons(
    read: Reader, node: Node | None, *, currencies: tuple[str, ...], months: Collection[int]
) -> tuple[AddOnEntry, ...]:
    """Read the add-ons of a product.

    months  the terms that the product's plans have
    Mistakes are noted by the reader, with their lines.
    """
    taken = set[str]()
    return tuple(_add_on(read, each, taken, currencies, months) for each in read.items(node))


def _add_on(
    read: Reader, node: Node, taken: set[str], currencies: tuple[str, ...], months: Collection[int]
) -> AddOnEntry:
    """Read one."""
    found = read.mapping(node, needs=("slug", "name"), may=MAY)
    _demand_one_price(read, node, found)
    most = found.get("most")
    once = found.get("once", found.get("setup"))
    return AddOnEntry(
        slug=read.slug(found.get("slug"), taken),
        name=read.words(found.get("name")),
        blurb=read.words(found.get("blurb")),
        monthly=read.amounts(found["prices"], currencies) if "prices" in found else {},
        terms=_terms(read, found.get("terms"), currencies, months),
        once=read.amounts(once, currencies),
        most=1 if most is None else read.whole(most, least=1, most=MOST_OF_ONE),
        work=read.yes(found.get("work")),
    )


def _demand_one_price(read: Reader, node: Node, found: dict[str, Node]) -> None:
    """Note an add-on that has no price, or is both billed each term and bought once."""
    if "prices" not in found and "once" not in found:
        read.wrong(node, "this add-on has no price", "add `prices:` for each month, or `once:`")
    if "once" in found:
        for key in ("prices", "terms", "setup"):
            if key in found:
                read.wrong(
                    found[key], f"what is bought once has no `{key}`",
                    "leave out `once` for what is billed each term, or the other keys",
                )  # fmt: skip


def _terms(
    read: Reader, node: Node | None, currencies: tuple[str, ...], months: Collection[int]
) -> tuple[TermPrice, ...]:
    """Read the terms that have a price of their own; each is one of the product's."""
    terms: list[TermPrice] = []
    for each in read.items(node):
        found = read.mapping(each, needs=("months", "prices"))
        length = read.whole(found.get("months"), least=1, most=LONGEST_TERM)
        said = found.get("months")
        if said is not None and length not in months:
            read.wrong(said, f"no plan of it has `months: {length}`", "write the months of a plan")
        elif said is not None and length in {term.months for term in terms}:
            read.wrong(said, f"`months: {length}` stands here twice", "keep one of them")
        terms.append(TermPrice(length, read.amounts(found.get("prices"), currencies)))
    return tuple(terms)
