"""Visits without identifiers, and the diagnostics log. Empty until its issue lands."""
