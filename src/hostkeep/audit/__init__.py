"""The append-only book of deeds, reads and refusals. Rooms use recorded.py; faces never write here."""
