"""Which tax a sale bears, and why: rates by place and day, the place of supply, and what proves it.

Pure rules and data.  Start at `placing.place`.
"""
