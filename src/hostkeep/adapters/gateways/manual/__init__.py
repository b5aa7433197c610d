"""Money that staff take by hand: cash, a cheque, another way.  Found by entry point; start at gateway.py."""
