"""What statistics shows."""
