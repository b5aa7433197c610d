"""What drawn tests may fail by: what they assert, never the machine's load or an unlucky draw."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

DRAWS_ALONE = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
"""What is said of the draws alone, and not of the house; how slow they are, the machine decides."""


def steady() -> None:
    """Take away the limit of 200 ms an example, which a loaded machine breaks; say how a failure is drawn again."""
    settings.register_profile("steady", deadline=None, print_blob=True, suppress_health_check=DRAWS_ALONE)
    settings.load_profile("steady")
