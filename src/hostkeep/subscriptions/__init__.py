"""Subscriptions: what recurs, for which term at which price, and what is metered.

A subscription is the paying side of one service: provisioning runs the service, billing writes the documents,
and flows bring the three together.  Floor 8: flows and faces may import it.  Start at rules/terms.py.
"""
