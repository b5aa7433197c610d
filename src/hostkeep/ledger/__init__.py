"""Double-entry book of money. Knows account codes and amounts, no person.

Rooms from floor 8 up may import it.  Start at book.py.
"""
