"""A compiled policy in the forms that others read: JSON-LD, the record of processing, Markdown.

Pure: each export takes a Policy and returns data or text.  Start at jsonld.py.
"""
