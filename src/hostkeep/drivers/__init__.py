"""What a driver must be: protocols, asks, outcomes, manifests and the conformance exams.

Pure, and versioned for authors of drivers; start at payments.py.
"""
