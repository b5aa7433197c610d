"""Aggregates for the business: counts and sums, never persons.

Faces read `reports.queries`; the wiring runs `reports.observing`.  Start at `queries.recurring`.  What
billing alone can say (income, tax, ageing, credit held) stands in `billing.queries`.
"""
