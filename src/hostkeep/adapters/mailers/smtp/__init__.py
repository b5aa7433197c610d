"""Mail out over SMTP: straight to the hosts that take a domain's mail, or by a route. Start at mailer.py."""
