"""What billing asks of gateways.  Never inside a transaction."""
