"""Paper: what an invoice looks like when it is printed."""
