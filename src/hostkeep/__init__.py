"""Hostkeep: hosting, billing and support whose privacy policy is a program."""
