"""Tags of the back office: load them with {% load back_office %}."""
