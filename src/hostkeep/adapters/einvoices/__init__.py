"""National systems of electronic invoices."""
