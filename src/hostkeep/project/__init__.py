"""Composition root: environment, settings, urls, schedule, wiring. Nobody imports it."""
