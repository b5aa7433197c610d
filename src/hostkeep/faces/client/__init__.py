"""The client area."""
