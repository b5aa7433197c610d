"""The bare pages behind the product's own cookie guard."""

from django.core.wsgi import get_wsgi_application

_inner = get_wsgi_application()

from hostkeep.faces.ui.guard import CookieGuard  # noqa: E402

application = CookieGuard(_inner)
