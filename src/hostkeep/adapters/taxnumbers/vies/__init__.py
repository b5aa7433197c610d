"""The registry of the European Commission.  Found by entry point; start at registry.py."""
