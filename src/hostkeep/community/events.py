"""What community tells the house, after the fact."""
