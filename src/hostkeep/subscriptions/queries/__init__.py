"""Reads of subscriptions: frozen rows."""
