"""Users, accounts, memberships, sessions, sign-in and staff roles.

A person is a handle here; start at queries.py.
"""
