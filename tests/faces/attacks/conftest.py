"""Customers to steal from; see tests/faces/client/conftest.py."""

from tests.faces.client.conftest import ann, member
from tests.faces.shop.conftest import browser, gateway

__all__ = ["ann", "browser", "gateway", "member"]
