"""The promise ledger: for every clause the control that keeps it, live evidence, and an attempt to break it.

Faces read `ledger.py`; the job runner calls `rounds.run_due`; a new control is an entry in `book.py`, made of
checks from `evidence/` (how things stand, a good example) and `probes/` (the forbidden thing, tried).
Start at control.py.
"""
