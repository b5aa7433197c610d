"""Bank transfer: the payer writes a reference, the bank's file tells.  Start at gateway.py and camt.py."""
