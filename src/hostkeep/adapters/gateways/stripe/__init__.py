"""Cards by Stripe, on Stripe's own page.  Found by entry point; start at gateway.py."""
