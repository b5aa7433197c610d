"""Django's settings, from Env."""

from __future__ import annotations

import os
from pathlib import Path

from hostkeep.project import env
from hostkeep.runtime.logs import configure

HOSTKEEP = env.read(os.environ)
configure(HOSTKEEP.log_level)

SECRET_KEY = HOSTKEEP.secret_key
DEBUG = False
ALLOWED_HOSTS = ["*"]  # the host middleware answers 421 to a host that is no brand's
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "hostkeep.project.urls"
OPERATOR_URLCONF = "hostkeep.project.operator_urls"
WSGI_APPLICATION = "hostkeep.project.wsgi.application"
# Our own middleware refuses forged posts; TLS is the proxy's.
SILENCED_SYSTEM_CHECKS = ["security.W003", "security.W004", "security.W008"]

ROOMS = (
    "runtime", "audit", "brands", "ledger", "vault", "people", "shop", "billing", "subscriptions",
    "provisioning", "messaging", "reports", "promises",
)  # fmt: skip
FACES = ("ui", "signin", "storefront", "client", "staff", "api", "demo", "cli")
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "procrastinate.contrib.django",
    *(f"hostkeep.faces.{face}" for face in FACES),
    "allauth",
    "allauth.account",
    "allauth.mfa",
    *(f"hostkeep.{room}" for room in ROOMS),
    "hostkeep.project",
]

MIDDLEWARE = [
    "hostkeep.faces.ui.headers.SafeHeaders",
    "hostkeep.faces.ui.maintenance.Maintenance",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "hostkeep.faces.ui.signals.SaysWhatItReads",
    "hostkeep.faces.ui.hosts.Hosts",
    "hostkeep.faces.api.door.NoCookies",
    "hostkeep.faces.ui.forgery.NoForgery",
    "hostkeep.faces.ui.interrupted.Sessions",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "hostkeep.faces.ui.terms.OwnTerms",
    "hostkeep.faces.ui.language.Language",
    "hostkeep.faces.api.door.ApiDoor",
    "hostkeep.faces.signin.staying.StaySignedIn",
    "hostkeep.faces.signin.states.ClosedAccounts",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "hostkeep.faces.storefront.cart_keeping.CartCount",
    "hostkeep.faces.ui.errors.Refusals",
]

_DATABASE = {
    "ENGINE": "django.db.backends.postgresql",
    **HOSTKEEP.database,
    "CONN_MAX_AGE": None,
    "CONN_HEALTH_CHECKS": True,
    "ATOMIC_REQUESTS": False,
}
DATABASES = {"default": _DATABASE, "audit": {**_DATABASE, "TEST": {"MIRROR": "default"}}}
DATABASE_ROUTERS: list[str] = []

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "hostkeep.faces.ui.pages.shared",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "hostkeep.faces.ui.templatetags.scripts",
            ],
        },
    }
]

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("vi", "Tiếng Việt")]
LOCALE_PATHS = [str(Path(__file__).parent.parent / "faces" / "ui" / "locale")]

STATIC_URL = "/static/"
STATIC_ROOT = str(HOSTKEEP.data / "static")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_MAX_AGE = 3600
WHITENOISE_ALLOW_ALL_ORIGINS = False

SESSION_ENGINE = "hostkeep.people.sessions"
SESSION_COOKIE_NAME = "__Host-sid"
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "runtime_cache",
        "KEY_FUNCTION": "hostkeep.people.cachekeys.hidden_key",
        # Rate limits lie here: with Django's 300 a flood of other keys would wash a guesser's count away.
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["hostkeep.faces.signin.backend.BrandBackend"]
PASSWORD_HASHERS = ["hostkeep.people.hashing.GatedArgon2"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 1800  # a link that opens an account is worth little time
LOGIN_URL = "/auth/login/"
LOGIN_REDIRECT_URL = "/account/"

ACCOUNT_ADAPTER = "hostkeep.faces.signin.adapter.BrandAdapter"
ACCOUNT_FORMS = {
    "signup": "hostkeep.faces.signin.forms.PolicySignup",
    "login": "hostkeep.faces.signin.forms.BrandLogin",
    "user_token": "hostkeep.faces.signin.forms.BrandToken",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_EMAIL_CONFIRMATION_HMAC = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 1800
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_RATE_LIMITS = {"closed_link": "30/m/ip", "address_link": "20/m/ip", "new_address": "5/h/user,20/h/ip",
                       "pay_link": "30/m/ip", "promo": "20/m/ip,60/h/ip"}
ACCOUNT_USER_DISPLAY = "hostkeep.faces.signin.adapter.display_of"
ALLAUTH_TRUSTED_PROXY_COUNT = HOSTKEEP.trusted_proxies
MFA_ADAPTER = "hostkeep.faces.signin.secondfactor.SealedFactors"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = HOSTKEEP.public_url.startswith("http://")  # loopback alone
MFA_TOTP_ISSUER = "Hostkeep"
MFA_TRUST_ENABLED = False

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_000_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 6_000_000
FILE_UPLOAD_HANDLERS = ["hostkeep.faces.ui.uploads.InMemoryOnly"]
LOGGING_CONFIG = None
