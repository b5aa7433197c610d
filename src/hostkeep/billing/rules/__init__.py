"""Pure rules of billing: lines and totals, numbers and references, what a payment covers."""
