"""What crosses rooms: checkout, activation, mail. handlers.py is the one table of who listens."""
