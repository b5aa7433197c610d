"""Handing mail to the outside world, never inside a transaction."""
