"""Parse, call once, show. With the job runner the only makers of an Act."""
