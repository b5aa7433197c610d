"""What faces read."""
