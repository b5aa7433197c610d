"""The WireGuard driver: keys, addresses, one peer file per server.  Start at driver.py."""
