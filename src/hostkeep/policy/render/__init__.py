"""A policy as people and programs read it: plain frozen data for templates, and policy.json.

Pure; it knows no template, and of a brand nothing but its policy.
"""
