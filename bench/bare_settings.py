"""The product's own settings, with two bare views instead of its pages."""

from hostkeep.project.settings import *  # noqa: F403

ROOT_URLCONF = "bench.bare_urls"
