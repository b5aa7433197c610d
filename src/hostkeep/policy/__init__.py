"""The policy language: compile, decide, render.  Start at book.py, then compile.py.

Pure: it reads nothing but its own vocabulary and keeps nothing.  Every floor above may import it.
"""
