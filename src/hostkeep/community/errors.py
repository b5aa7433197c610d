"""What community foresees and refuses."""
