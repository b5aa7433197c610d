"""Electronic invoices of Viet Nam through Viettel's S-Invoice.  Found by entry point; start at system.py."""
