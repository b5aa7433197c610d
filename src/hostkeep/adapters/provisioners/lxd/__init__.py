"""The LXD driver: system containers over the daemon's own socket.  Start at driver.py."""
