"""django-oscar as its sandbox sets a shop up, with twenty products; run by the Python of its own environment.

`python shop_oscar.py` makes tables and products in the database that BENCH_FOLDER and BENCH_DATABASE name; a server
of WSGI serves `shop_oscar:application`.  Templates are compiled once, and nothing debugs.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import oscar.defaults
from django.conf import settings

MEDIA = Path(os.environ["BENCH_FILES"])
OSCAR_APPS = (
    "analytics checkout address shipping catalogue catalogue.reviews communication partner basket payment offer order"
    " customer search voucher wishlists dashboard dashboard.reports dashboard.users dashboard.orders"
    " dashboard.catalogue dashboard.offers dashboard.partners dashboard.pages dashboard.ranges dashboard.reviews"
    " dashboard.vouchers dashboard.communications dashboard.shipping"
).split()


def config_of(app: str) -> str:
    head, _, tail = app.partition(".")
    name = f"{tail.title()}DashboardConfig" if head == "dashboard" and tail else f"{head.title()}{tail.title()}Config"
    return f"oscar.apps.{app}.apps.{name}"


settings.configure(
    **{name: getattr(oscar.defaults, name) for name in dir(oscar.defaults) if name.isupper()},
    INSTALLED_APPS=[
        "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
        "django.contrib.messages", "django.contrib.staticfiles", "django.contrib.sites", "django.contrib.flatpages",
        "oscar.config.Shop", *map(config_of, OSCAR_APPS), "widget_tweaks", "haystack", "treebeard", "sorl.thumbnail",
        "django_tables2",
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware", "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware", "django.contrib.messages.middleware.MessageMiddleware",
        "oscar.apps.basket.middleware.BasketMiddleware",
        "django.contrib.flatpages.middleware.FlatpageFallbackMiddleware",
    ],
    TEMPLATES=[{
        "BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {"context_processors": [
            "django.template.context_processors.debug", "django.template.context_processors.request",
            "django.contrib.auth.context_processors.auth", "django.template.context_processors.i18n",
            "django.contrib.messages.context_processors.messages", "oscar.apps.search.context_processors.search_form",
            "oscar.apps.checkout.context_processors.checkout",
            "oscar.apps.communication.notifications.context_processors.notifications",
            "oscar.core.context_processors.metadata",
        ]},
    }],
    DATABASES={"default": {
        "ENGINE": "django.db.backends.postgresql", "NAME": os.environ["BENCH_DATABASE"], "USER": "postgres",
        "HOST": os.environ["BENCH_FOLDER"], "CONN_MAX_AGE": None,
    }},
    AUTHENTICATION_BACKENDS=("oscar.apps.customer.auth_backends.EmailBackend", "django.contrib.auth.backends.ModelBackend"),
    HAYSTACK_CONNECTIONS={"default": {
        "ENGINE": "haystack.backends.whoosh_backend.WhooshEngine", "PATH": str(MEDIA / "index"),
    }},
    LANGUAGES=[("en", "English"), ("vi", "Tiếng Việt")],  # it lists them on every page; ours are two
    ROOT_URLCONF="shop_oscar", SITE_ID=1, SECRET_KEY="bench", ALLOWED_HOSTS=["*"], USE_TZ=True, STATIC_URL="/static/",
    MEDIA_ROOT=str(MEDIA), MEDIA_URL="/media/", DEFAULT_AUTO_FIELD="django.db.models.BigAutoField", LANGUAGE_CODE="en",
)  # fmt: skip

from django.core.wsgi import get_wsgi_application  # noqa: E402

sys.modules["shop_oscar"] = sys.modules[__name__]  # whoever runs this file is asked for its addresses by that name
application = get_wsgi_application()

from django.apps import apps  # noqa: E402
from django.urls import include, path  # noqa: E402

urlpatterns = [
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include(apps.get_app_config("oscar").urls[0])),
]


def prepare() -> None:
    """Tables, one category, and twenty products with a price and a stock each."""
    from decimal import Decimal
    from shutil import copy

    from django.core.management import call_command
    from oscar.apps.catalogue.categories import create_from_breadcrumbs
    from oscar.apps.catalogue.models import Product, ProductClass
    from oscar.apps.partner.models import Partner, StockRecord

    call_command("migrate", verbosity=0)
    MEDIA.mkdir(parents=True, exist_ok=True)
    copy(Path(oscar.__file__).parent / "static" / "oscar" / "img" / "image_not_found.jpg", MEDIA)
    kind = ProductClass.objects.create(name="Server", requires_shipping=False)
    partner, category = Partner.objects.create(name="Bench"), create_from_breadcrumbs("Servers")
    for number in range(20):
        product = Product.objects.create(
            product_class=kind, title=f"Server {number}", slug=f"server-{number}", description="2 vCPU, 4 GB, 60 GB"
        )
        product.categories.add(category)
        StockRecord.objects.create(
            product=product, partner=partner, partner_sku=f"s{number}", price=Decimal("6.90"), num_in_stock=10_000
        )
    call_command("update_index", verbosity=0)


if __name__ == "__main__":
    prepare()
