"""The demo's index, its mail reader and the hosted page of the test gateway."""
