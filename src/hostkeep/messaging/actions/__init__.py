"""Deeds of mail: queue it, see it through, choose what one gets."""
