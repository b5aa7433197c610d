"""What statistics foresees and refuses."""
