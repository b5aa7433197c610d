"""Django housekeeping without a domain noun.

Embedded PostgreSQL, clock, outbox, jobs, logs, driver registry, the one way out.  Start at outbox.py.
"""
