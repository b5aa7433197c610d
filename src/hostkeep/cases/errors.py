"""What cases foresees and refuses."""
