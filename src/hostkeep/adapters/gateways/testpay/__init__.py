"""The test gateway: a hosted page without real money.  Found by entry point; start at gateway.py."""
