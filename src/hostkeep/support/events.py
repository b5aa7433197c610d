"""What support tells the house, after the fact."""
