"""What billing foresees and refuses, a file a subject."""
