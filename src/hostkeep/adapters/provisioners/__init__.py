"""What runs services."""
