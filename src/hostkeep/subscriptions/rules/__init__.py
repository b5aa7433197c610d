"""Pure rules of subscriptions: terms, proration, metering."""
