"""Tags of the client area: load them with {% load client_area %}."""
