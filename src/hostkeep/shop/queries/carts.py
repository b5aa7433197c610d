"""What lies in carts."""

from __future__ import annotations

from django.db import connection
from django.db.models import Q, Sum

from hostkeep.kernel.ids import AccountId, BrandId, CartId
from hostkeep.kernel.money import CURRENCIES, Money
from hostkeep.shop.models import Cart, CartLine
from hostkeep.shop.queries.pricing_lines import PricedLine, lines_of, price_lines
from hostkeep.shop.rules.catalogue import in_language
from hostkeep.shop.rules.pricing import sum_of
from hostkeep.shop.rules.rows import CartRow, LineRow

PIECES_OF_ACCOUNT = """
SELECT coalesce(sum(line.quantity), 0) FROM shop_cartline line JOIN shop_cart cart ON cart.id = line.cart_id
WHERE cart.brand = %s AND cart.account_id = %s
"""


def cart_by_token(brand: BrandId, token_hash: str, *, language: str = "en") -> CartRow | None:
    """Return the cart a browser's token stands for, or None.

    token_hash  rules.tokens.hash_of(token)
    Five queries, however many lines.
    """
    cart = Cart.objects.filter(brand=brand, token_hash=token_hash).first()
    return _row(cart, language) if cart else None


def cart_of_account(brand: BrandId, account: AccountId, *, language: str = "en") -> CartRow | None:
    """Return an account's cart, or None.  Five queries, however many lines."""
    cart = Cart.objects.filter(brand=brand, account_id=account).first()
    return _row(cart, language) if cart else None


def cart(brand: BrandId, cart_id: CartId, *, language: str = "en") -> CartRow | None:
    """Return one cart of a brand, or None.  Five queries, however many lines."""
    found = Cart.objects.filter(brand=brand, id=cart_id).first()
    return _row(found, language) if found else None


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


def _row(found: Cart, language: str) -> CartRow:
    """Freeze a cart with its lines."""
    currency = CURRENCIES[found.currency]
    priced = price_lines(lines_of(found.id), currency)
    return CartRow(
        id=CartId(found.id),
        account=AccountId(found.account_id) if found.account_id else None,
        currency=currency,
        lines=tuple(_line(line, language) for line in priced),
        cost=sum_of([line.cost for line in priced], currency),
        requires=tuple(dict.fromkeys(need for line in priced for need in line.product.requires)),
    )


def _line(priced: PricedLine, language: str) -> LineRow:
    """Freeze a line."""
    line, product = priced.line, priced.product
    seen = Money(line.seen_minor, CURRENCIES[line.seen_currency])
    return LineRow(
        id=line.id,
        product=product.slug,
        name=in_language(product.title, language),
        plan=priced.plan.slug,
        months=priced.plan.months,
        choices=tuple(
            (in_language(choice.option.title, language), in_language(choice.title, language))
            for choice in priced.choices
        ),
        answers=line.answers,
        quantity=line.quantity,
        each=priced.each.first,
        cost=priced.cost,
        was=None if priced.state == "retired" or seen == priced.each.first else seen,
        state=priced.state,
        left=product.stock,
        requires=tuple(product.requires),
        recipient=product.recipient,
    )
