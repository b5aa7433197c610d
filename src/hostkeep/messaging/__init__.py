"""Message streams, preferences and the outbox of mail: envelopes and names of templates, never a body.

Flows and faces may import it. Start at actions/queueing.py; what a mail goes through is in rules/delivery.py.
"""
