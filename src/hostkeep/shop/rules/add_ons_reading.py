"""The `add_ons` of a product in catalogue.yaml; brands/vpsfast/catalogue.yaml explains every key."""

from __future__ import annotations

from collections.abc import Collection

from ruamel.yaml.nodes import Node

from hostkeep.kernel.terms import Term, same_term
from hostkeep.shop.rules.add_ons import MOST_OF_ONE
from hostkeep.shop.rules.catalogue import AddOnEntry, TermPrice
from hostkeep.shop.rules.reading import Reader
from hostkeep.shop.rules.terms_reading import KEYS, read_term, say_term

MAY = ("blurb", "prices", "terms", "setup", "once", "most", "work")


def read_add_ons(
    read: Reader, node: Node | None, *, currencies: tuple[str, ...], terms: Collection[Term]
) -> tuple[AddOnEntry, ...]:
    """Read the add-ons of a product.

    terms  those that the product's plans have
    Mistakes are noted by the reader, with their lines.
    """
    taken = set[str]()
    return tuple(_add_on(read, each, taken, currencies, terms) for each in read.items(node))


def _add_on(
    read: Reader, node: Node, taken: set[str], currencies: tuple[str, ...], terms: Collection[Term]
) -> AddOnEntry:
    """Read one."""
    found = read.mapping(node, needs=("slug", "name"), may=MAY)
    _demand_one_price(read, node, found)
    most = found.get("most")
    once = found.get("once", found.get("setup"))
    own = _terms(read, found.get("terms"), currencies, terms)
    if "prices" in found:
        _demand_short_prices(read, found["prices"], own, terms)
    return AddOnEntry(
        slug=read.slug(found.get("slug"), taken),
        name=read.words(found.get("name")),
        blurb=read.words(found.get("blurb")),
        monthly=read.amounts(found["prices"], currencies) if "prices" in found else {},
        terms=own,
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
    read: Reader, node: Node | None, currencies: tuple[str, ...], terms: Collection[Term]
) -> tuple[TermPrice, ...]:
    """Read the terms that have a price of their own; each is one of the product's."""
    priced: list[TermPrice] = []
    for each in read.items(node):
        found = read.mapping(each, needs=("prices",), may=KEYS)
        term = read_term(read, each, found)
        said = next((found[key] for key in KEYS if key in found), None)
        if said is not None and term not in terms:
            read.wrong(said, f"no plan of it has `{say_term(term)}`", "write the term of a plan")
        elif said is not None and term in {known.term for known in priced}:
            read.wrong(said, f"`{say_term(term)}` stands here twice", "keep one of them")
        priced.append(TermPrice(term, read.amounts(found.get("prices"), currencies)))
    return tuple(priced)


def _demand_short_prices(
    read: Reader, node: Node, own: Collection[TermPrice], terms: Collection[Term]
) -> None:
    """Note each term of hours or days without a price of its own: no part of a month's is meant by itself."""
    for term in sorted(terms, key=lambda each: each.seconds):
        if not term.months and not any(same_term(each.term, term) for each in own):
            read.wrong(
                node, f"a plan has `{say_term(term)}`, and this add-on no price for it",
                f"add it under `terms:` with `{say_term(term)}`",
            )  # fmt: skip
