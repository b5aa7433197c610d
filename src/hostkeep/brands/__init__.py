"""Brands, their host names and the versions of their policies.

Which policy is in force for whom and when: start at queries.py.
"""
