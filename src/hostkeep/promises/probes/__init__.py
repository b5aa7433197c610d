"""The forbidden thing, tried: a probe passes when it is refused and nothing of it stays."""
