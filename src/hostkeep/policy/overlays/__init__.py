"""What the law of the places a policy names adds to it: overlays that only tighten.  Start at applying.py."""
