"""What cases tells the house, after the fact."""
