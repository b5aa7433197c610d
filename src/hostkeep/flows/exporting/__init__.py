"""A person's own copy of all that is held about them: gathering.py collects it, archive_file.py packs it.

Faces call making.make_export, and hand out what it returns once (vault.exports).
Source: GDPR articles 15 and 20; Vietnam's Law 91/2025 on personal data, article 4.
"""
