"""Say in a language what a change is about: the thing as it stands in one version.  Start at whole.py."""
