"""The shop: catalogue, price book, carts and orders.

Flows and faces may import its queries and actions; nobody outside imports its models.
Start at rules/pricing.py for what a line costs, then actions/ordering.py for how a cart becomes an order.
"""
