"""Ways to register domains."""
