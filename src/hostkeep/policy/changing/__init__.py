"""Compare two versions of a policy, part by part.  Start at ../changes.py, then change.py.

Each module compares one part of the book.  A change is material or not by its code alone (kind `weight` of
the vocabulary), so that a heavier and a lighter change can not be mistaken for one another.
"""
