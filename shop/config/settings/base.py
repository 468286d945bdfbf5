"""What holds everywhere. `development`, `production` and `test` beside this file say what differs."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

from config.database import database
from config.periodic import CELERY_BEAT_SCHEDULE  # noqa: F401
from config.queues import CELERY_TASK_DEFAULT_QUEUE, CELERY_TASK_QUEUES, CELERY_TASK_ROUTES  # noqa: F401
from config.switches import Switches

SHOP = Path(__file__).resolve().parent.parent.parent
SWITCHES = Switches.read(os.environ)
SHOP_DATA = SWITCHES.shop_data
SHOP_DATA.mkdir(parents=True, exist_ok=True)

DEBUG = False
DEMONSTRATION = False  # whether demonstration data may be loaded
ALLOWED_HOSTS: list[str] = []
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",  # htmx from the package, for the parts of pages that move
    "hardy",
    "apps.core",
    "apps.users",
    "apps.notifications",
    "apps.crm",
    "apps.orders",
    "apps.payments",
    "apps.products",
    "apps.reports",
    "apps.warehouse",
]
INSTALLED_APPS += ["django_celery_results", "django_celery_beat"]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "hardy.middleware.CauseMiddleware",
    "apps.core.middleware.ContentPolicy",
    "apps.core.middleware.NotFoundPage",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "apps.core.context.shop",
            ],
        },
    },
]

# --- data -------------------------------------------------------------------------------------------------
DATABASES = {"default": database(SWITCHES.database_url)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "static/"
STATIC_ROOT = SHOP_DATA / "static"

# --- people -----------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "users.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"

# --- language and time ------------------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True

# --- mail -------------------------------------------------------------------------------------------------
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = "127.0.0.1"
EMAIL_PORT = SWITCHES.smtp_port
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = "The Hardy Shop <shop@example.com>"

# --- Celery -----------------------------------------------------------------------------------------------
CELERY_BROKER_URL = SWITCHES.celery_broker_url
CELERY_RESULT_BACKEND = SWITCHES.celery_result_backend
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_TASK_TRACK_STARTED = True
CELERY_TASK_TIME_LIMIT = 30 * 60  # hard limit: 30 min
CELERY_TASK_SOFT_TIME_LIMIT = 25 * 60  # raises SoftTimeLimitExceeded in the task
CELERY_WORKER_PREFETCH_MULTIPLIER = 1  # no hoarding of long tasks
CELERY_TASK_ACKS_LATE = True  # re-queue on worker crash
CELERY_RESULT_EXPIRES = 60 * 60 * 24  # keep results 24 hours
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"

# --- vendors ----------------------------------------------------------------------------------------------
SENTRY_DSN = SWITCHES.sentry_dsn
VENDOR_TIMEOUT_SECONDS = 5.0

# --- the API ----------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        # First, for it answers 401 to who is not logged in; the session alone would answer 403.
        "rest_framework.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PAGINATION_CLASS": "apps.core.paging.Paging",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PARSER_CLASSES": [
        "apps.core.wire.JSON",
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "URL_FORMAT_OVERRIDE": None,
    # Plain ASCII: an error may quote half a character, out of broken input, which has no bytes in UTF-8.
    "UNICODE_JSON": False,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "The Hardy Shop",
    "DESCRIPTION": "Products, orders and reports. What is slow is done by tasks: ask again later.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",  # from our own static files, so the page works without a network
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "OrderStatus": "apps.orders.models.Order.Status",
        "ReportStatus": "apps.reports.models.Report.Status",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.openapi.document_refusals",
    ],
}

# --- how long the shop waits ------------------------------------------------------------------------------
PAYMENT_RETRY_SECONDS = 60  # then twice as long, and twice as long again
REMINDER_AFTER_SECONDS = 3600
LAST_REMINDER_AFTER = timedelta(days=1)

# --- addresses --------------------------------------------------------------------------------------------
SHOP_URL = f"http://127.0.0.1:{SWITCHES.port}"
