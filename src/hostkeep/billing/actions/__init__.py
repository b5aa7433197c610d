"""Writes of billing, one file per activity."""
