"""The API under /api/v1/ of each brand's host: what programs of customers and staff may do.

Start at door.py (what every call passes) and root.py (the list of resources).  A resource parses, calls the
same queries, actions and flows as the pages do, and shows.  Nobody imports this room but `project`.
"""
