"""The only door to personal data: put, reveal, use.  And what people consented to.

Everybody goes through door.py; nobody else opens a box.  A word of consent is noted by consenting.py and read
by consents.py; what hangs on it (mail, browsers that stay signed in) is a flow's, flows.agreeing.
"""
