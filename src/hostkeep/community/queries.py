"""What community shows."""
