"""Message boards and chat under public names. Empty until its issue lands."""
