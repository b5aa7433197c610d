"""What lies in carts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.db import connection
from django.db.models import Q, QuerySet, Sum

from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, BrandId, CartId
from hostkeep.kernel.money import CURRENCIES, Money, total
from hostkeep.kernel.sealed import Sealed
from hostkeep.shop.boxing import CART
from hostkeep.shop.models import Cart, CartLine
from hostkeep.shop.queries.pricing_lines import PricedAddOn, PricedLine, lines_of, price_lines
from hostkeep.shop.queries.promos import applied, problem_of
from hostkeep.shop.queries.trials import trials_given
from hostkeep.shop.rules.catalogue import in_language
from hostkeep.shop.rules.pricing import Cost, sum_of
from hostkeep.shop.rules.rows import AddOnTaken, CartRow, LineRow, PromoRow
from hostkeep.shop.rules.term_columns import term_of

PIECES_OF_ACCOUNT = """
SELECT coalesce(sum(line.quantity), 0) FROM shop_cartline line JOIN shop_cart cart ON cart.id = line.cart_id
WHERE cart.brand = %s AND cart.account_id = %s
"""


def cart_by_token(
    act: Act, token_hash: str, *, account: AccountId | None = None, language: str = "en"
) -> CartRow | None:
    """Return the cart a browser's token stands for, or None; another account's than this is none.

    act         whoever looks, for a purpose of theirs
    token_hash  rules.tokens.hash_of(token)
    Five queries and one look through the wall, however many lines.  Raises the vault's Refused.
    """
    theirs = Q(account_id=None) | Q(account_id=account)
    return _row(act, Cart.objects.filter(theirs, brand=act.brand, token_hash=token_hash), account, language)


def cart_of_account(act: Act, account: AccountId, *, language: str = "en") -> CartRow | None:
    """Return an account's cart, or None.  As cart_by_token."""
    return _row(act, Cart.objects.filter(brand=act.brand, account_id=account), account, language)


def cart(
    act: Act, cart_id: CartId, *, account: AccountId | None = None, language: str = "en"
) -> CartRow | None:
    """Return one cart of the act's brand, or None.  As cart_by_token.

    account  who orders it; None: whose it is, if anybody's
    """
    return _row(act, Cart.objects.filter(brand=act.brand, id=cart_id), account, language)


def pieces_by_token(brand: BrandId, token_hash: str, *, account: AccountId | None = None) -> int:
    """Return how many pieces lie in the cart of a token; none where there is no cart.  One query."""
    theirs = Q(cart__account_id=None) | Q(cart__account_id=account)
    lines = CartLine.objects.filter(theirs, cart__brand=brand, cart__token_hash=token_hash)
    return int(lines.aggregate(pieces=Sum("quantity", default=0))["pieces"])


def pieces_of_account(brand: BrandId, account: AccountId) -> int:
    """Return how many pieces lie in an account's cart.  One query, on every page of the client area.

    Written out: composing it anew for each page cost more than the database did.
    """
    with connection.cursor() as cursor:
        cursor.execute(PIECES_OF_ACCOUNT, [brand, account])
        return int(cursor.fetchone()[0])


def _row(act: Act, carts: QuerySet[Cart], account: AccountId | None, language: str) -> CartRow | None:
    """Freeze the first of some carts with its lines.  account: who would order."""
    found = carts.select_related("account", "promo").first()
    if found is None:
        return None
    currency = CURRENCIES[found.currency]
    owner = AccountId(found.account_id) if found.account_id else None
    priced = trials_given(act, price_lines(lines_of(act, found), currency), account or owner)
    due = sum_of([line.whole for line in priced], currency).first
    promo, discounts = _promo(act, found, priced, due, account or owner)
    return frozen_cart(found, priced, discounts, promo=promo, language=language)


def frozen_cart(
    found: Cart, priced: Sequence[PricedLine], discounts: Sequence[Money], *, promo: PromoRow | None,
    language: str,
) -> CartRow:  # fmt: skip
    """Freeze a cart whose lines are priced.

    discounts  by line, all pieces
    promo      the code that lies in it, and what it does
    """
    currency = CURRENCIES[found.currency]
    lines = [_line(line, off, language) for line, off in zip(priced, discounts, strict=True)]
    return CartRow(
        id=CartId(found.id),
        account=AccountId(found.account_id) if found.account_id else None,
        currency=currency,
        lines=Sealed(tuple(lines), CART),
        cost=sum_of([line.whole for line in priced], currency),
        requires=tuple(dict.fromkeys(need for line in priced for need in line.product.requires)),
        pieces=sum(line.line.row.quantity for line in priced),
        ready=bool(priced) and all(line.state == "good" for line in priced),
        promo=promo,
    )


def _promo(
    act: Act, found: Cart, priced: Sequence[PricedLine], due: Money, account: AccountId | None
) -> tuple[PromoRow | None, Sequence[Money]]:
    """Return the code that lies in a cart, and what it takes off each line."""
    if found.promo is None:
        return None, [line.cost.recurring.times(0) for line in priced]
    does = applied(found.promo, priced, due=due, at=act.at, account=account)
    problem = problem_of(does.why, found.promo, found.currency) if does.why else None
    off = total(does.discounts, due.currency)
    return PromoRow(found.promo.code, problem, off, found.promo.periods), does.discounts


def _line(priced: PricedLine, discount: Money, language: str) -> LineRow:
    """Freeze a line."""
    line, product, each = priced.line.row, priced.product, priced.each_whole.first
    seen = Money(line.seen_minor, CURRENCIES[line.seen_currency])
    return LineRow(
        id=line.id,
        product=product.slug,
        name=in_language(product.title, language),
        plan=priced.plan.slug,
        term=term_of(priced.plan),
        choices=tuple(
            (in_language(choice.option.title, language), in_language(choice.title, language))
            for choice in priced.choices
        ),
        answers=priced.line.chosen.answers,
        quantity=line.quantity,
        each=each,
        cost=priced.cost,
        discount=discount,
        was=None if priced.state == "retired" or seen == each else seen,
        state=priced.state,
        left=product.stock,
        requires=tuple(product.requires),
        recipient=product.recipient,
        trial_days=priced.trial_days,
        add_ons=tuple(
            AddOnTaken(one.entry.slug, in_language(one.entry.name, language), one.pieces, _due(one, priced))
            for one in priced.add_ons
        ),
    )


def _due(add_on: PricedAddOn, beside: PricedLine) -> Cost:
    """Return what an add-on costs; in a trial its term is due as late as the plan's."""
    return replace(add_on.cost, later=add_on.cost.recurring) if beside.trial_days else add_on.cost
