"""The words a policy may use, one list for all brands: terms.csv holds them, terms.py looks them up."""
