"""How things stand, and good examples: checks that read and, where they must act, undo it."""
