"""Template tags of the storefront: load them with {% load shop %}."""
