"""Tickets, departments, calls and support records. Empty until its issue lands."""
