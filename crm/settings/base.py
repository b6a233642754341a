"""What every installation shares. docs/operations.md lists the environment names."""

from pathlib import Path
from typing import Any

from crm.settings import environment
from crm.settings.apps import *  # noqa: F403 - the lines by which the apps hang in at the kernel
from crm.settings.navigation import *  # noqa: F403 - what the sidebar and the palette offer

ROOT = Path(__file__).resolve().parents[2]
HOME = Path(environment.text("HARBOUR_HOME", str(ROOT / ".harbour"))).resolve()

# ── identity of this installation ──
SECRET_KEY = environment.text("HARBOUR_SECRET_KEY")
FIELD_KEYS = environment.words("HARBOUR_FIELD_KEYS")
SITE_URL = environment.text("HARBOUR_SITE_URL", f"http://127.0.0.1:{environment.number('HARBOUR_PORT', 8000)}").rstrip(
    "/"
)
ALLOWED_HOSTS = environment.words("HARBOUR_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
SECURITY_PROFILE = environment.text("HARBOUR_SECURITY_PROFILE", "modern")
TRUSTED_PROXY_COUNT = environment.number("HARBOUR_TRUSTED_PROXY_COUNT", 0)
COMPANY_NAME = environment.text("HARBOUR_COMPANY_NAME", "云岭工业软件")
IS_DEMO = environment.flag("HARBOUR_DEMO", True)
DEBUG = False

INSTALLED_APPS: list[str] = [
    "crm",
    "customers",
    "sales",
    "reports",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "guardian",
    "pgtrigger",
    "pghistory",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_filters",
    "django_htmx",
    "template_partials",
    "import_export",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
]

MIDDLEWARE = [
    "crm.operations.requests.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "crm.people.sessions.SessionRulesMiddleware",
    "crm.people.languages.UserLanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "crm.access.gate.GateMiddleware",
    "crm.ui.errors.BusyMiddleware",
    "crm.ui.errors.NotAllowedMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "crm.urls"
WSGI_APPLICATION = "crm.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "crm.ui.navigation.navigation",
            ],
        },
    }
]
FORM_RENDERER = "crm.ui.rendering.ProductRenderer"

# ── data ──
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        **environment.database(),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": False,
    }
}
DATABASES["default"]["OPTIONS"] = {
    **DATABASES["default"]["OPTIONS"],
    "options": "-c statement_timeout={}s -c lock_timeout=3s -c idle_in_transaction_session_timeout={}s".format(
        environment.number("HARBOUR_STATEMENT_TIMEOUT", 10), environment.number("HARBOUR_IDLE_TRANSACTION_TIMEOUT", 30)
    ),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = environment.text("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "harbour",
        "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 2},
    }
}
MEDIA_ROOT = HOME / "media"
# files of leads that other systems drop here, and in whose name they are taken in
LEAD_DROP = Path(environment.text("HARBOUR_LEAD_DROP", str(HOME / "drop" / "leads")))
LEAD_DROP_USER = environment.text("HARBOUR_LEAD_DROP_USER")
# who was erased or withdrew, kept beside the database: after a restore it is followed again
TOMBSTONE_LOG = Path(environment.text("HARBOUR_TOMBSTONE_LOG", str(HOME / "tombstones.jsonl")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": MEDIA_ROOT}},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
STATIC_URL = "/static/"
STATICFILES_DIRS = [ROOT / "static"]
STATIC_ROOT = HOME / "static"
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ["map", "png", "jpg", "webp", "gz", "br", "woff2", "ttf"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2500  # a document of 200 lines has nine fields in each
DATA_UPLOAD_MAX_NUMBER_FILES = 20
FILE_UPLOAD_HANDLERS = [
    "crm.attachments.receiving.LargestUpload",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# ── people ──
AUTH_USER_MODEL = "crm.User"
AUTHENTICATION_BACKENDS = [
    "allauth.account.auth_backends.AuthenticationBackend",
    "guardian.backends.ObjectPermissionBackend",
]
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "workbench"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
PASSWORD_RESET_TIMEOUT = 1800
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "crm.people.passwords.MaximumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "crm.people.passwords.ContextWordsValidator"},
]
if SECURITY_PROFILE == "dengbao":
    AUTH_PASSWORD_VALIDATORS += [{"NAME": "crm.people.passwords.CharacterClassesValidator"}]
    AUTH_PASSWORD_VALIDATORS += [{"NAME": "crm.people.passwords.PasswordHistoryValidator"}]
PASSWORD_MAXIMUM_AGE_DAYS = 90 if SECURITY_PROFILE == "dengbao" else None
SESSION_IDLE_MINUTES = 15 if SECURITY_PROFILE == "dengbao" else 30

ACCOUNT_ADAPTER = "crm.people.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # strangers cannot have mails sent to whom they like
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_RATE_LIMITS = {"login_failed": "50/10m/ip,5/10m/key", "login": "120/m/ip"}
ACCOUNT_TRUSTED_PROXY_COUNT = ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT
MFA_ADAPTER = "crm.people.accounts.MfaAdapter"
MFA_ALLOW_UNVERIFIED_EMAIL = True  # administrators make the accounts: nobody can sign up with another's address
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Harbour CRM"

# ── web security ──
_HTTPS = SITE_URL.startswith("https://")
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_NAME = "__Host-sid" if _HTTPS else "sid"
SESSION_COOKIE_SECURE = _HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_SAVE_EVERY_REQUEST = False
CSRF_COOKIE_NAME = "__Host-csrf" if _HTTPS else "csrf"
CSRF_COOKIE_SECURE = _HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = [SITE_URL]
SECURE_SSL_REDIRECT = _HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if _HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY_COUNT else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "manifest-src": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
    }
}
DJANGO_HTMX_SELF_HOSTED = True

# ── language and time ──
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [ROOT / "crm" / "locale"]
LANGUAGE_COOKIE_NAME = "language"
USE_I18N = True
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

# ── background work ──
HARBOUR_BEAT = {
    "sweep-outbox": {"task": "crm.sweep_outbox", "schedule": 30.0},
    "run-schedules": {"task": "crm.run_schedules", "schedule": 60.0},
}

# ── API ──
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["crm.api.tokens.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["crm.api.permissions.Allowed"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["crm.api.parsers.StrictJSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "crm.api.parsers.JsonOnly",
    "DEFAULT_PAGINATION_CLASS": "crm.api.pagination.KeysetPagination",
    "DEFAULT_SCHEMA_CLASS": "crm.api.schema.ApiSchema",
    "DEFAULT_THROTTLE_CLASSES": ["crm.api.throttling.TokenThrottle"],
    "EXCEPTION_HANDLER": "crm.api.errors.error_response",
    "UNAUTHENTICATED_USER": None,
    "COERCE_DECIMAL_TO_STRING": True,
}
API_REQUESTS_PER_MINUTE = environment.number("HARBOUR_API_RATE", 1200)
SPECTACULAR_SETTINGS = {
    "TITLE": "Harbour CRM API",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1/",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "crm.api.schema.add_error_component",
    ],
    "ENUM_NAME_OVERRIDES": {
        "JobState": "crm.jobs.models.Job.State",
        "TransferState": "customers.transfers.models.Transfer.State",
        "ImportState": "customers.imports.models.ImportSet.State",
        "TransferOutcome": "customers.transfers.models.TransferRow.Outcome",
        "TransferReason": "customers.transfers.models.TransferRow.Reason",
        "WhyReissued": "sales.invoices.models.Reissue.Reason",
        "InvoiceKind": "sales.invoices.models.Invoice.Kind",
        "ActivityKind": "customers.activities.models.Activity.Kind",
    },
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "docExpansion": "none"},
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# ── mail ──
EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend"
    if environment.text("HARBOUR_SMTP_HOST")
    else ("django.core.mail.backends.dummy.EmailBackend")
)
EMAIL_HOST = environment.text("HARBOUR_SMTP_HOST", "localhost")
EMAIL_PORT = environment.number("HARBOUR_SMTP_PORT", 465)
EMAIL_HOST_USER = environment.text("HARBOUR_SMTP_USER")
EMAIL_HOST_PASSWORD = environment.text("HARBOUR_SMTP_PASSWORD")
EMAIL_USE_SSL = environment.flag("HARBOUR_SMTP_SSL", True)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = environment.text("HARBOUR_MAIL_FROM", "harbour@localhost")

# the domain whose mail server hands mail to `manage.py receive_mail`; empty: no mail comes in
MAIL_IN_DOMAIN = environment.text("HARBOUR_MAIL_IN_DOMAIN")

# ── history and logs ──
PGHISTORY_DEFAULT_TRACKERS = None
PGHISTORY_ADMIN_ALL_EVENTS = False
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "crm.operations.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {"django.server": {"handlers": ["stderr"], "level": "INFO", "propagate": False}},
}
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]
