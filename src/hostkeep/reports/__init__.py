"""Aggregates for the business: counts and sums, never persons."""
