"""Measured figures, each with its peer or limit in the same run."""
