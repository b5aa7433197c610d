"""Reckoning, pure."""
