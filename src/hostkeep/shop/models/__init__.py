"""Tables of the shop, by topic.  Django finds them here; outside the room nobody imports them."""

from hostkeep.shop.models.catalogue import Catalogue, Choice, ChoicePrice, Group, Option, Plan, Price, Product
from hostkeep.shop.models.orders import Cart, CartLine, Order, OrderLine, Receipt
from hostkeep.shop.models.plain import PLAIN
from hostkeep.shop.models.promo import PromoCode, Redemption

__all__ = [
    "PLAIN",
    "Cart",
    "CartLine",
    "Catalogue",
    "Choice",
    "ChoicePrice",
    "Group",
    "Option",
    "Order",
    "OrderLine",
    "Plan",
    "Price",
    "Product",
    "PromoCode",
    "Receipt",
    "Redemption",
]
