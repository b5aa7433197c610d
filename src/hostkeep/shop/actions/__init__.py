"""Deeds of the shop: loading a catalogue, filling a cart, placing an order."""
