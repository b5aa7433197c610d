"""Addresses at the root of the brand hosts that belong to the client area: where gateways call back."""

from hostkeep.faces.client.callbacks import callback_urls

urlpatterns = [*callback_urls]
