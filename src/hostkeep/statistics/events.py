"""What statistics tells the house, after the fact."""
