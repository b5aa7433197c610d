"""Registries of tax numbers."""
