"""Drivers in the box, found by entry point and imported by nobody."""
