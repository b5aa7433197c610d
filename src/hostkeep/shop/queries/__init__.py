"""What the shop shows: on sale (shelves.py), in a cart (carts.py), ordered (orders.py)."""
