"""What goes out with an export: a script that stands alone.  Nothing here is imported by the house."""
