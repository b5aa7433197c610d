"""Calls to drivers: never inside a transaction."""
