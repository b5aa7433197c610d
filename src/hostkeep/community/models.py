"""Tables of community."""
