"""What the shop refuses, and in which words."""

from __future__ import annotations

from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.words import gettext_noop


class NoSuchProduct(Foreseen):
    """The product is not on sale at this brand."""

    code = "shop.product.unknown"
    title = gettext_noop("We do not sell this product, or no longer.")
    status = 404


class NoSuchPlan(Foreseen):
    """The plan is not one of the product's, or not sold in the cart's currency."""

    code = "shop.plan.unknown"
    title = gettext_noop("This plan does not belong to the product. Please choose one of those shown.")
    status = 422


class NoSuchOption(Foreseen):
    """The option is not one of the product's.  option: what was sent."""

    code = "shop.option.unknown"
    title = gettext_noop("This product has no such option. Please choose from those shown.")
    status = 422


class NoSuchChoice(Foreseen):
    """The choice is not one of the option's, or is missing.  option: the option."""

    code = "shop.choice.unknown"
    title = gettext_noop("Please choose one of the values shown for each option.")
    status = 422


class NoSuchAddOn(Foreseen):
    """The add-on is not one of the product's.  add_on: what was sent."""

    code = "shop.add_on.unknown"
    title = gettext_noop("There is no such add-on for this. Please choose from those shown.")
    status = 422


class BadAddOnQuantity(Foreseen):
    """So many of an add-on cannot be had.  add_on: which.  most: how many a service may have."""

    code = "shop.add_on.quantity"
    title = gettext_noop("Of this add-on a service can have {most} at most, in whole numbers.")
    status = 422


class BadAnswer(Foreseen):
    """A plain question of the product is not answered as it must be.

    question: which.  ending: what the answer must end with, or an empty text
    """

    code = "shop.answer.bad"
    title = gettext_noop("Please write a full domain name, with letters, digits, hyphens and dots.")
    status = 422


class BadQuantity(Foreseen):
    """The quantity is no whole number within the bounds.  least, most: the bounds."""

    code = "shop.quantity.bad"
    title = gettext_noop("The quantity must be a whole number from {least} to {most}.")
    status = 422


class NoSuchCurrency(Foreseen):
    """The brand does not price in this currency."""

    code = "shop.currency.unknown"
    title = gettext_noop("We do not sell in this currency. Please choose one of those shown.")
    status = 422


class NoSuchCart(Foreseen):
    """No cart of this brand, or one of somebody else."""

    code = "shop.cart.unknown"
    title = gettext_noop("This cart is not here any more. Please fill a new one.")
    status = 404


class NoSuchLine(Foreseen):
    """The line is not in this cart."""

    code = "shop.line.unknown"
    title = gettext_noop("This line is not in your cart any more.")
    status = 404


class CartFull(Foreseen):
    """The cart holds as many lines as it may.  most: the bound."""

    code = "shop.cart.full"
    title = gettext_noop("A cart holds at most {most} lines. Please order what is in it first.")
    status = 422


class CartEmpty(Foreseen):
    """Nothing is in the cart that could be ordered."""

    code = "shop.cart.empty"
    title = gettext_noop("Your cart is empty. Nothing was ordered.")
    status = 409


class NotForSale(Foreseen):
    """Something in the cart was taken off the shelf.  what: its title."""

    code = "shop.line.retired"
    title = gettext_noop("We no longer sell {what}. Please remove it from the cart; nothing was ordered.")
    status = 409


class SoldOut(Foreseen):
    """Less is left than was asked for.  what: the product's title.  left: how many can be had."""

    code = "shop.product.sold_out"
    title = gettext_noop("Of {what} we have {left} left. Please change the quantity; nothing was ordered.")
    status = 409


class PriceChanged(Foreseen):
    """The cart does not cost what the customer saw.

    what: the titles of the lines whose price differs, or an empty text
    shown, now: amounts in minor units
    currency: the currency of `now`
    """

    code = "shop.price.changed"
    title = gettext_noop("The price is not the one you saw. Please look at it again; nothing was ordered.")
    status = 409


class OnceReused(Foreseen):
    """The same key came with another content."""

    code = "shop.order.once_reused"
    title = gettext_noop("This order was already sent with another content. Please start from the cart.")
    status = 409


class NoSuchOrder(Foreseen):
    """No such order of this account."""

    code = "shop.order.unknown"
    title = gettext_noop("We found no such order in your account.")
    status = 404


class CatalogueRefused(Foreseen):
    """A catalogue cannot be loaded.

    mistakes: one a line, each "line 12: what is wrong; what to write"
    """

    code = "shop.catalogue.refused"
    title = gettext_noop("The catalogue has mistakes and was not loaded.")
    status = 422


class NoSuchPromo(Foreseen):
    """No code of this brand holds now under these letters: never made, not yet, over, switched off, used up.

    One answer for all of them, so that nobody learns by trying which codes there are.
    """

    code = "shop.promo.unknown"
    title = gettext_noop("This code does not hold here, or not now. Please check how it is written.")
    status = 422


class PromoOtherCurrency(Foreseen):
    """The code is for another currency than the cart's.  promo: the code."""

    code = "shop.promo.currency"
    title = gettext_noop("The code {promo} is for another currency than the one of your cart.")
    status = 422


class PromoNotForThese(Foreseen):
    """The code is good for other products or terms than those in the cart.  promo: the code."""

    code = "shop.promo.products"
    title = gettext_noop("The code {promo} is for other products or terms than those in your cart.")
    status = 422


class PromoUnderLeast(Foreseen):
    """The cart comes to less than the code asks.

    promo: the code.  least: what it asks, minor units in list prices.  currency: its code
    """

    code = "shop.promo.least"
    title = gettext_noop("The code {promo} is for larger orders: your cart comes to less than it asks.")
    status = 422


class PromoNewOnly(Foreseen):
    """The code is for a first order.  promo: the code."""

    code = "shop.promo.customers"
    title = gettext_noop("The code {promo} is for a first order, and you have ordered here before.")
    status = 422


class PromoUsedBefore(Foreseen):
    """The account has used the code as often as it may.  promo: the code."""

    code = "shop.promo.each"
    title = gettext_noop("You have used the code {promo} already, as often as it may be used.")
    status = 422


class PromoGone(Foreseen):
    """A code that lay in the cart no longer holds.  promo: the code."""

    code = "shop.promo.gone"
    title = gettext_noop(
        "The code {promo} no longer holds. Please look at the price without it; nothing was ordered."
    )
    status = 409


class PromoTaken(Foreseen):
    """The brand has a code of these letters already, or had one.  promo: the code."""

    code = "shop.promo.taken"
    title = gettext_noop("There is a code {promo} already, or there was one. Please choose another word.")
    status = 409


class BadPromo(Foreseen):
    """A code cannot be made like this.

    field: code, kind, value, currency, groups, products, plans, months, periods, least, most_uses, most_each,
    starts_at or ends_at
    """

    code = "shop.promo.bad"
    title = gettext_noop("This code cannot be made: please look at {field}.")
    status = 422


class NoSuchPromoCode(Foreseen):
    """No such code of this brand, for its staff."""

    code = "shop.promo_code.unknown"
    title = gettext_noop("There is no such code.")
    status = 404
