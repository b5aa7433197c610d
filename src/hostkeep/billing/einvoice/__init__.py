"""Electronic invoices after EN 16931.  Start at `stating.py`; a document's sheet stays the truth."""
