"""One file for every place riskportal runs; what differs comes from the environment (README, "Configuration").

A wrong value stops the start: nothing is guessed.
"""

from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent
VAR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))
LOOPBACK = {"localhost", "127.0.0.1", "[::1]", "::1", "testserver"}


def flag(name: str) -> bool:
    value = env.str(name, default="").lower()
    if value not in {"", "0", "1", "false", "true", "no", "yes", "off", "on"}:
        raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")
    return value in {"1", "true", "yes", "on"}


DEBUG, DEMO, HTTPS = flag("DEBUG"), flag("DEMO"), flag("HTTPS")
# The launcher writes a random key into var/ so that a first start needs no environment variable.
_key = VAR / "secret-key"
SECRET_KEY = env.str("SECRET_KEY", default="") or (_key.read_text().strip() if _key.exists() else "")
if len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("Set SECRET_KEY to 50 random characters or more, or use `make run`, which makes one.")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
SALT_KEY = env.list("SALT_KEY", default=["riskportal"])  # derives, with SECRET_KEY, the key of the encrypted fields
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
if "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS must name the hosts: a wildcard lets a forged Host header through.")
if DEBUG and not LOOPBACK.issuperset(ALLOWED_HOSTS):
    raise ImproperlyConfigured("DEBUG is for this machine only: remove DEBUG, or the public names in ALLOWED_HOSTS.")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # asked by load balancers inside, over http
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
_nobody = ("default-src", "base-uri", "frame-ancestors")
_only_us = ("script-src", "style-src", "font-src", "connect-src", "manifest-src", "form-action")
_directives = {key: [NONE] for key in _nobody} | {key: [SELF] for key in _only_us}
CONTENT_SECURITY_POLICY = {"DIRECTIVES": _directives | {"img-src": [SELF, "data:"]}}

_contrib = ("admin", "auth", "contenttypes", "sessions", "messages", "staticfiles", "humanize")
INSTALLED_APPS = [f"django.contrib.{app}" for app in _contrib]
INSTALLED_APPS += ["django.forms", "csp", "django_htmx", "django_tables2", "django_filters", "django_countries"]
INSTALLED_APPS += ["crispy_forms", "crispy_bootstrap5", "tablericons", "simple_history", "companies", "monitoring"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
]
ROOT_URLCONF = "riskportal.urls"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
_context = ["template.context_processors.request", "template.context_processors.i18n"]
_context += ["contrib.auth.context_processors.auth", "contrib.messages.context_processors.messages"]
_seen = [*(f"django.{name}" for name in _context), "monitoring.views.context.site"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": _seen, "builtins": ["django.templatetags.l10n"]},  # for unlocalize
    }
]
CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "bootstrap5"
DJANGO_TABLES2_TEMPLATE = "includes/table.html"

DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{VAR / 'riskportal.sqlite3'}")}
if not DATABASES["default"].get("ENGINE"):
    raise ImproperlyConfigured("DATABASE_URL must look like postgres://user:password@host/name or sqlite:////path.")
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # WAL and IMMEDIATE: readers never wait, and two writers queue up rather than fail.
    _pragmas = "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;"
    DATABASES["default"]["OPTIONS"] = {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": _pragmas}
else:
    DATABASES["default"] |= {"CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=60), "CONN_HEALTH_CHECKS": True}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.str("REDIS_URL", default="")
CELERY_BROKER_URL = REDIS_URL or "filesystem://localhost"
if not REDIS_URL:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": VAR / "cache"}}
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {
        **dict.fromkeys(("data_folder_in", "data_folder_out"), VAR / "queue"),
        "control_folder": VAR / "control",
        "processed_folder": VAR / "processed",
        "store_processed": True,  # beside the queue: a move to a tmpfs /tmp is not atomic and loses messages
        "polling_interval": 0.1,
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
    CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600, "socket_timeout": 5, "socket_connect_timeout": 5}
CELERY_TASK_IGNORE_RESULT = CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 4
CELERY_TIMEZONE = "UTC"
_checks = ("UserAttributeSimilarity", "MinimumLength", "CommonPassword", "NumericPassword")
AUTH_PASSWORD_VALIDATORS = [{"NAME": f"django.contrib.auth.password_validation.{name}Validator"} for name in _checks]
LOGIN_URL = LOGOUT_REDIRECT_URL = "login"
LOGIN_REDIRECT_URL = "dashboard"

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", _("French")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env.str("TIME_ZONE", default="Europe/Paris")
USE_TZ = USE_THOUSAND_SEPARATOR = True

STATIC_URL = "static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [f"django.contrib.staticfiles.finders.{kind}Finder" for kind in ("FileSystem", "AppDirectories")]
STATICFILES_FINDERS += ["companies.assets.WheelAssetsFinder"]
WHITENOISE_USE_FINDERS = True
MEDIA_ROOT = VAR / "files"
PICKUP_ROOT = Path(env.str("PICKUP_ROOT", default=str(VAR / "pickup")))

# The connection set in the admin is used unless CREDITSAFE_URL, _USER and _PASSWORD say otherwise.
CREDITSAFE_URL = env.str("CREDITSAFE_URL", default="")
CREDITSAFE_USER = env.str("CREDITSAFE_USER", default="")
CREDITSAFE_PASSWORD = env.str("CREDITSAFE_PASSWORD", default="")
_creditsafe = urlsplit(CREDITSAFE_URL)
if CREDITSAFE_URL and _creditsafe.scheme != "https" and _creditsafe.hostname not in LOOPBACK:
    raise ImproperlyConfigured("CREDITSAFE_URL must start with https:// (http is for the sandbox on this machine).")
PORTFOLIO_CURRENCY = env.str("PORTFOLIO_CURRENCY", default="EUR")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
}
