"""What support shows."""
