"""The only door to personal data: put, reveal, use.

Everybody goes through door.py; nobody else opens a box.
"""
