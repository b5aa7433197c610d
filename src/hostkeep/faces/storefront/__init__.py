"""What visitors see: shop, cart, checkout, policy, promises."""
