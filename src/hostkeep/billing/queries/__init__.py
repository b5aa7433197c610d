"""What billing shows, as frozen rows."""
