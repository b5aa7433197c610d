"""Money, ids, time, acts and sealed values: the nouns every floor shares.

Standard library only.  Anyone may import it; start at act.py.
"""
