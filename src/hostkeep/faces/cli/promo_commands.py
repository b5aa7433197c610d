"""`hostkeep promo`: codes that take something off orders, listed, made and switched off."""

from __future__ import annotations

import argparse
import sys

from hostkeep.faces.cli.adding import Commands, add_command
from hostkeep.faces.cli.keeping import say
from hostkeep.faces.cli.setting_up import ready_and_checked


def add_promo_commands(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add `promo list`, `promo make`, `promo off` and `promo on`."""
    promo = commands.add_parser("promo", help="promo codes").add_subparsers(required=True, metavar="WHAT")
    shown = add_command(promo, "list", "list a brand's codes and their use", list_codes)
    shown.add_argument("brand")
    make = add_command(promo, "make", "make a code; it never changes afterwards", make_code)
    make.add_argument("brand")
    make.add_argument("code", metavar="SPRING26")
    what = make.add_mutually_exclusive_group(required=True)
    what.add_argument("--percent", metavar="12.5", help="a part of the price of the term")
    what.add_argument("--amount", metavar="5.00", help="an amount, once an order and term; with --currency")
    make.add_argument("--currency", default="", metavar="EUR")
    make.add_argument("--title", default="Discount", help="what invoices call it (Discount)")
    make.add_argument("--title-vi", default="", help="the same in Vietnamese")
    make.add_argument("--terms", default="1", metavar="3", help='for how many terms, or "always" (1)')
    for name in ("group", "product", "plan", "months"):
        about = "good for this alone; may be repeated"
        make.add_argument(f"--{name}", action="append", default=[], help=about)
    make.add_argument("--least", action="append", default=[], metavar="EUR=25", help="orders of at least")
    make.add_argument("--most-uses", default="", metavar="100", help="uses in all")
    make.add_argument("--most-each", default="", metavar="1", help="uses by one customer")
    make.add_argument("--new-only", action="store_true", help="for first orders alone")
    make.add_argument("--from", dest="starts", default="", metavar="2027-01-31", help="first day; else now")
    make.add_argument("--until", dest="ends", default="", metavar="2027-02-28", help="last day, included")
    for name, about in (("off", "switch a code off"), ("on", "switch a code on again")):
        switch = add_command(promo, name, about, switch_code)
        switch.set_defaults(go=name)
        switch.add_argument("brand")
        switch.add_argument("code")


def list_codes(arguments: argparse.Namespace) -> int:
    """Print codes, a line each: code, state, what it takes off, its uses."""
    ready_and_checked()
    from hostkeep.brands.queries import brand
    from hostkeep.faces.ui.promo_reading import percent_text
    from hostkeep.kernel.ids import BrandId
    from hostkeep.runtime import clock
    from hostkeep.shop.queries.promos import promos

    for row in promos(brand(BrandId(arguments.brand)).id):
        promo = row.promo
        off = f"{promo.value} {promo.currency}"
        if promo.kind == "percent":
            off = f"{percent_text(promo.value)}%"
        used = f"{promo.uses}/{promo.most_uses or '-'}"
        say(f"{promo.code}\t{row.state(clock.now())}\t{off}\t{used} used, {row.committed} paid")
    return 0


def make_code(arguments: argparse.Namespace) -> int:
    """Make a code as the options say."""
    ready_and_checked()
    from hostkeep.brands.queries import brand
    from hostkeep.faces.cli.acts import act_of_operator
    from hostkeep.faces.ui.promo_reading import Typed, read_promo
    from hostkeep.kernel.ids import BrandId
    from hostkeep.shop.actions.promos import make_promo
    from hostkeep.shop.errors import BadPromo

    of = brand(BrandId(arguments.brand))
    least = dict(each.partition("=")[::2] for each in arguments.least)
    if unknown := set(least) - set(of.currencies):
        sys.stderr.write(f"hostkeep: {of.id} has no currency {', '.join(sorted(unknown))}\n")
        return 2
    titles = {"en": arguments.title, **({"vi": arguments.title_vi} if arguments.title_vi else {})}
    texts = {
        "code": arguments.code, "kind": "percent" if arguments.percent else "fixed",
        "value": arguments.percent or arguments.amount, "currency": arguments.currency,
        "periods": arguments.terms, "most_uses": arguments.most_uses, "most_each": arguments.most_each,
        "starts": arguments.starts, "ends": arguments.ends,
        **{f"least_{code}": text for code, text in least.items()},
    }  # fmt: skip
    typed = Typed(
        texts, groups=arguments.group, products=arguments.product, plans=arguments.plan,
        months=arguments.months, new_only=arguments.new_only, titles=titles,
    )  # fmt: skip
    act = act_of_operator(brand=of.id)
    try:
        make_promo(act, making=read_promo(typed, of, at=act.at))
    except BadPromo as refusal:
        sys.stderr.write(f"hostkeep: {refusal.title.format(**refusal.facts)}\n")
        return 2
    say(f"{of.id}: {arguments.code.upper()} is made")
    return 0


def switch_code(arguments: argparse.Namespace) -> int:
    """Switch a code off, or on again.  Raises NoSuchPromoCode."""
    ready_and_checked()
    from hostkeep.brands.queries import brand
    from hostkeep.faces.cli.acts import act_of_operator
    from hostkeep.kernel.ids import BrandId
    from hostkeep.shop.actions.promos import switch_off_promo, switch_on_promo
    from hostkeep.shop.errors import NoSuchPromoCode
    from hostkeep.shop.queries.promos import promos
    from hostkeep.shop.rules.promo import normal

    of = brand(BrandId(arguments.brand)).id
    found = next((row.promo for row in promos(of) if row.promo.code == normal(arguments.code)), None)
    if found is None:
        raise NoSuchPromoCode
    switch = switch_on_promo if arguments.go == "on" else switch_off_promo
    switch(act_of_operator(brand=of), promo=found.id)
    say(f"{of}: {found.code} is switched {arguments.go}")
    return 0
