"""Writes of subscriptions, one file per activity."""
