"""Services, their life, and the work asked of drivers.

Flows and faces may import its queries, actions and calls; nobody outside imports its models.
Start at rules/lifecycle.py for what can become of a service, then rules/work.py for what is asked of drivers.
"""
