"""What every installation shares. docs/operations.md lists the environment names."""

from pathlib import Path
from typing import Any

from crm.settings import environment
from crm.settings.navigation import HARBOUR_COMMANDS as HARBOUR_COMMANDS
from crm.settings.navigation import HARBOUR_COUNTS as HARBOUR_COUNTS
from crm.settings.navigation import HARBOUR_GATE as HARBOUR_GATE
from crm.settings.navigation import HARBOUR_NAVIGATION as HARBOUR_NAVIGATION
from crm.settings.navigation import HARBOUR_SETTINGS as HARBOUR_SETTINGS

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
# topic or kind → who does it; the kernel looks names up here and never imports the apps above it
HARBOUR_OUTBOX_TOPICS: dict[str, str] = {
    "customers.send_contact_mail": "customers.messages.actions.send_mail",
    "customers.log_tombstones": "customers.privacy.tombstones.log_tombstones",
    "sales.order_invoice": "sales.invoices.providers.fetch_ordered",
}
HARBOUR_JOB_KINDS = {
    "classification": "customers.segments.jobs.Classification",
    "customer-import-check": "customers.imports.jobs.ImportCheck",
    "customer-import-repair": "customers.imports.jobs.ImportRepair",
    "customer-import-apply": "customers.imports.jobs.ImportApply",
    "customer-import-undo": "customers.imports.jobs.ImportUndo",
    "normalise": "customers.quality.jobs.Normalisation",
    "person-package": "customers.privacy.jobs.PersonPackage",
    "person-erasure": "customers.privacy.jobs.PersonErasure",
    "recycle": "customers.pool.jobs.RecycleRun",
    "retention": "customers.quality.retention.running.RetentionRun",
    "lead-drop": "customers.leads.jobs.LeadDropRun",
    "transfer": "customers.transfers.jobs.TransferRun",
    "departure": "crm.leaving.jobs.DepartureRun",
    "transfer-undo": "customers.transfers.jobs.TransferUndo",
    "export": "crm.records.exports.ExportRun",
    "report-pdf": "reports.jobs.ReportPdfRun",
    "document-print": "sales.printing.jobs.DocumentPrintRun",
    "report-xlsx": "reports.jobs.ReportXlsxRun",
}
HARBOUR_INVARIANTS = [
    "crm.operations.invariants.RULES",
    "crm.approvals.invariants.RULES",
    "customers.invariants.RULES",
    "sales.quotes.invariants.RULES",
    "sales.contracts.invariants.RULES",
    "sales.payments.invariants.RULES",
    "sales.invoices.invariants.RULES",
]
HARBOUR_SCHEDULES: dict[str, dict[str, Any]] = {
    "lapse-export-requests": {"run": "crm.records.export_requests.lapse_requests", "every": "hour"},
    "late-person-requests": {"run": "customers.privacy.requests.warn_of_late_requests", "every": "day", "at_hour": 8},
    "settle-uncertain-mail": {"run": "customers.messages.actions.settle_uncertain", "every": "minute"},
    "score-quality": {"run": "customers.quality.scoring.score_quality", "every": "day", "at_hour": 1},
    "score-customers": {"run": "customers.segments.scoring.score_customers", "every": "day", "at_hour": 2},
    "classify-customers": {"run": "customers.segments.jobs.classify_each_night", "every": "day", "at_hour": 4},
    "prices-in-force": {"run": "sales.products.pricing.apply_due_prices", "every": "day", "at_hour": 0},
    "seal-history": {"run": "crm.history.seals.seal_operations", "every": "minute"},
    "lead-drop": {"run": "customers.leads.jobs.take_in_dropped_files", "every": "minute"},
    "unworked-leads": {"run": "customers.leads.alarms.warn_of_unworked_leads", "every": "hour"},
    "hand-out-leads": {"run": "customers.leads.automatic.hand_out_new_leads", "every": "minute"},
    "hand-out-pools": {"run": "customers.leads.automatic.hand_out_of_pools", "every": "hour"},
    "scheduled-transfers": {"run": "customers.transfers.actions.start_due_transfers", "every": "day", "at_hour": 6},
    "task-reminders": {"run": "customers.tasks.actions.remind_of_tasks", "every": "minute"},
    "due-departures": {"run": "crm.leaving.actions.begin_due_departures", "every": "day", "at_hour": 6},
    "approval-deadlines": {"run": "crm.approvals.deadlines.watch_deadlines", "every": "minute"},
    "approval-blocked": {"run": "crm.approvals.deadlines.retry_blocked", "every": "hour"},
    "leavers-leftovers": {"run": "crm.leaving.actions.sweep_leftovers", "every": "minute"},
    "follow-up-reminders": {"run": "customers.activities.actions.remind_of_follow_ups", "every": "day", "at_hour": 8},
    "recycle": {"run": "customers.pool.recycling.start_recycling", "every": "day", "at_hour": 1},
    "invoices-waiting-for-quota": {"run": "sales.invoices.quotas.release_waiting", "every": "day", "at_hour": 0},
    "lapse-confirmation-forms": {"run": "sales.reissues.confirmation.expire_confirmations", "every": "minute"},
    "open-reissues": {"run": "sales.reissues.reminders.remind_of_open_reissues", "every": "day", "at_hour": 9},
    "contract-ends": {"run": "sales.contracts.reminders.remind_of_ends", "every": "day", "at_hour": 8},
    "warn-before-recycling": {"run": "customers.pool.ladder.warn_owners", "every": "day", "at_hour": 8},
    "propose-duplicates": {"run": "customers.duplicates.proposing.propose_candidates", "every": "day", "at_hour": 2},
    "expire-idempotency-keys": {"run": "crm.api.idempotency.delete_old_keys", "every": "hour"},
    "expire-imports": {"run": "customers.imports.actions.delete_old_files", "every": "day", "at_hour": 3},
    "remove-orphaned-files": {"run": "crm.attachments.storage.remove_orphans", "every": "day", "at_hour": 4},
    "retention": {"run": "customers.quality.retention.running.run_each_night", "every": "day", "at_hour": 3},
    "expire-files": {"run": "crm.jobs.actions.delete_expired_files", "every": "day", "at_hour": 3},
    "overdue-instalments": {"run": "sales.payments.dunning.remind_of_overdue", "every": "day", "at_hour": 9},
}
# what a segment may ask: each answers with fields; a query of (customer_id, amount) that gives customers their value
HARBOUR_SEGMENT_FIELDS = [
    "customers.segments.fields.customer_fields",
    "customers.segments.custom.custom_segment_fields",
    "customers.segments.fields.behaviour_fields",
]
HARBOUR_MONETARY = ""
# what a notice may be about: whoever no longer sees the record no longer reads what was told of it
HARBOUR_NOTICE_SUBJECTS = [
    "customers.Customer",
    "customers.Contact",
    "customers.Activity",
    "customers.Comment",
    "customers.Task",
    "crm.ApprovalRequest",
    "sales.Quote",
    "sales.Product",
    "sales.Opportunity",
    "sales.Contract",
    "sales.Order",
    "sales.Invoice",
    "sales.Reissue",
    "sales.Payment",
]
HARBOUR_RIGHTS = ["crm.access.rights.RIGHTS", "customers.rights.RIGHTS", "sales.rights.RIGHTS", "reports.rights.RIGHTS"]
# what documents are put up for approval: each a Purpose
HARBOUR_APPROVALS: list[str] = [
    "sales.requirements.approvals.PURPOSE",
    "sales.quotes.approvals.PURPOSE",
    "sales.contracts.approvals.PURPOSE",
    "sales.payments.approvals.PURPOSE",
    "sales.invoices.approvals.PURPOSE",
    "sales.reissues.approvals.PURPOSE",
]
# a function that makes the provider that issues invoices for us; "" = finance issues them by hand
HARBOUR_INVOICE_PROVIDER = environment.text("HARBOUR_INVOICE_PROVIDER", "")
# kind of fact → what conditions on it choose from: a function that answers ids and names
HARBOUR_FACT_CHOICES = {"level": "sales.documents.asked.levels", "category": "sales.documents.asked.categories"}
# the working calendar deadlines are counted in
HARBOUR_WORKING_CALENDAR = "customers.base_data.working_days.working_calendar"
# lists of the settings an administrator may change for the company
HARBOUR_COMPANY = ["customers.company.SETTINGS", "sales.company.SETTINGS"]
# model label → how its files follow it: who reaches and changes them, whose customer they belong to
HARBOUR_ATTACHABLE = {
    "customers.Customer": "customers.customers.files.CUSTOMER_FILES",
    "customers.Contact": "customers.customers.files.CONTACT_FILES",
    "customers.Activity": "customers.customers.files.ACTIVITY_FILES",
    "customers.Comment": "customers.customers.files.COMMENT_FILES",
    "sales.Product": "sales.products.files.PRODUCT_FILES",
    "sales.Opportunity": "sales.opportunities.files.OPPORTUNITY_FILES",
    "sales.Contract": "sales.contracts.files.CONTRACT_FILES",
    "sales.Invoice": "sales.invoices.files.INVOICE_FILES",
    "sales.Reissue": "sales.invoices.files.REISSUE_FILES",
    "sales.Payment": "sales.payments.files.PAYMENT_FILES",
}
# what each table tells about people: each a DataMap
HARBOUR_DATA_MAP = ["customers.privacy.datamap.OWN", "sales.datamap.SALES"]
# classes of records with the period they are kept: lists of RetentionClass
HARBOUR_RETENTION = ["customers.quality.retention.kept.CLASSES"]
# verb → what follows when rows it wrote were put back: a function of their ids, in the same transaction
HARBOUR_AFTER_UNDO = {"customers_normalised": "customers.quality.normalising.after_undo"}
# facts that keep a customer where it is (contracts, tickets, approvals of the apps above): each a Hold
HARBOUR_CUSTOMER_HOLDS: list[str] = [
    "sales.quotes.holds.WAITING",
    "sales.contracts.holds.RUNNING",
    "sales.contracts.holds.UNPAID",
    "sales.contracts.holds.WAITING",
]
# which customers have signed contracts: each a function that answers their ids
HARBOUR_CONTRACTS: list[str] = ["sales.contracts.holds.customers_with_contracts"]
# lists of the base data an administrator keeps; what fills those of other apps on a new installation: what it loads →
# a function that answers how many rows it made
HARBOUR_BASE_DATA = ["customers.base_data.kinds.LISTS", "sales.base_data.kinds.LISTS"]
HARBOUR_BASE_LOADERS = {
    "lists of sales": "sales.base_data.loading.load_sales_data",
    "approval flows": "crm.approvals.flows.install_standard_flows",
}
# what the demo company does besides looking after customers: each a function of its people and of the hour
HARBOUR_DEMO_PARTS = ["sales.demo.catalogue.load_catalogue", "sales.demo.talks.load_talks"]
# records an administrator may add fields to
HARBOUR_CUSTOM_FIELDS = ["customers.Customer", "customers.Contact", "sales.Opportunity"]
# what may move along with a customer besides what hangs on it: each a Companion
HARBOUR_MOVES_ALONG = [
    "customers.transfers.along.FOLLOW_UPS",
    "customers.transfers.along.TASKS",
    "customers.transfers.along.TEAM",
]
# what people hold and hand over when they leave, in this order: each a Belonging
HARBOUR_LEAVER_CHECKS = [
    "customers.transfers.leaving.CUSTOMERS",
    "customers.transfers.leaving.TASKS",
    "customers.transfers.leaving.SHARES",
    "customers.transfers.leaving.SEGMENTS",
    "customers.transfers.leaving.POOLS",
    "customers.transfers.leaving.ALLOTMENTS",
    "customers.transfers.leaving.WISHES",
    "customers.transfers.leaving.DECISIONS",
    "customers.transfers.leaving.TRANSFERS",
    "crm.approvals.leaving.TURNS",
    "crm.leaving.kernel.DEPARTURES",
    "crm.leaving.kernel.HEADED",
    "crm.leaving.kernel.DEPUTY",
    "crm.leaving.kernel.VIEWS",
    "crm.leaving.kernel.TOKENS",
    "customers.transfers.leaving.FEED",
]
HARBOUR_VERBS = [
    "crm.history.verbs.VERBS",
    "crm.approvals.verbs.VERBS",
    "customers.verbs.VERBS",
    "sales.verbs.VERBS",
    "reports.verbs.VERBS",
]
# kinds of entries in the story of a customer besides its changes: each a TimelineSource
HARBOUR_TIMELINE = [
    "customers.activities.timeline.ActivitySource",
    "customers.comments.timeline.CommentSource",
    "crm.attachments.timeline.FileSource",
    "customers.customers.timeline.TaskSource",
]
# what the palette offers before anything is typed: functions `(user)`
HARBOUR_PALETTE_START = ["customers.customers.recent.recent_results"]
HARBOUR_PALETTE = [
    "customers.customers.search.palette_results",
    "customers.contacts.search.palette_results",
    "customers.tasks.search.palette_results",
    "sales.products.search.palette_results",
    "sales.opportunities.search.palette_results",
    "sales.requirements.search.palette_results",
    "sales.quotes.search.palette_results",
    "sales.contracts.search.palette_results",
    "sales.orders.search.palette_results",
    "sales.payments.search.palette_results",
    "sales.invoices.search.palette_results",
]
# model label → what exporting its list means; rows a person may export in a day, by the scope of the export right
HARBOUR_EXPORTS = {
    "customers.Customer": "customers.customers.exports.EXPORT",
    "customers.Contact": "customers.contacts.exports.EXPORT",
    "customers.Activity": "customers.activities.exports.EXPORT",
    "customers.Task": "customers.tasks.exports.EXPORT",
    "sales.Product": "sales.products.exports.EXPORT",
    "sales.Opportunity": "sales.opportunities.exports.EXPORT",
    "sales.Quote": "sales.quotes.exports.EXPORT",
    "sales.Contract": "sales.contracts.exports.EXPORT",
    "sales.Payment": "sales.payments.exports.EXPORT",
    "sales.Instalment": "sales.payments.receivables.exports.EXPORT",
    "sales.Invoice": "sales.invoices.exports.EXPORT",
}
EXPORT_ROWS_A_DAY = {"own": 200, "department": 5_000, "below": 5_000, "all": 200_000}

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
# address below /api/v1/ → viewset; the kernel imports no app above it
HARBOUR_API = {
    "customers": "customers.customers.api.CustomerViewSet",
    "leads": "customers.customers.api.LeadViewSet",
    "pools": "customers.pool.api.PoolViewSet",
    "contacts": "customers.contacts.api.ContactViewSet",
    "activities": "customers.activities.api.ActivityViewSet",
    "tasks": "customers.tasks.api.TaskViewSet",
    "comments": "customers.comments.api.CommentViewSet",
    "mail": "customers.activities.mail_api.MailViewSet",
    "attachments": "crm.api.attachments.AttachmentViewSet",
    "segments": "customers.segments.api.SegmentViewSet",
    "transfers": "customers.transfers.api.TransferViewSet",
    "imports": "customers.imports.api.ImportViewSet",
    "products": "sales.products.api.ProductViewSet",
    "opportunities": "sales.opportunities.api.OpportunityViewSet",
    "requirements": "sales.requirements.api.RequirementViewSet",
    "quotes": "sales.quotes.api.QuoteViewSet",
    "reports": "reports.api.ReportViewSet",
    "approvals": "crm.approvals.api.ApprovalViewSet",
    "users": "crm.api.users.UserViewSet",
    "jobs": "crm.api.jobs.JobViewSet",
    "contracts": "sales.contracts.api.ContractViewSet",
    "orders": "sales.orders.api.OrderViewSet",
    "payments": "sales.payments.api.PaymentViewSet",
    "bank-lines": "sales.payments.api.BankLineViewSet",
    "invoices": "sales.invoices.api.InvoiceViewSet",
    "reissues": "sales.reissues.api.ReissueViewSet",
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
# what follows one of these opens something by itself, so no log holds it
HARBOUR_SECRET_ADDRESSES = ["/c/", "/calendar/feed/", "/accounts/password/reset/key/"]
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
