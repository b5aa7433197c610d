"""What cases shows."""
