"""Invoices, payments, documents: what is owed, what came, and the paper about it.

Flows and faces may import its queries, actions, calls and documents.  Start at actions/issuing.py.
"""
