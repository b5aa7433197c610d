"""What support foresees and refuses."""
