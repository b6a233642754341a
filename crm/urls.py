"""All addresses of the product."""

from django.urls import include, path

from crm.operations import health
from crm.people import urls as people_urls

urlpatterns = [
    path("", include("reports.workbench.urls")),
    path("", include("customers.urls")),
    path("", include("crm.records.urls")),
    path("", include("crm.ui.urls")),
    path("accounts/", include(people_urls.urlpatterns)),
    path("sales/", include("sales.urls")),
    path("c/", include("sales.links.urls")),
    path("approvals/", include("crm.approvals.urls")),
    path("reports/", include("reports.urls")),
    path("jobs/", include("crm.jobs.urls")),
    path("files/", include("crm.attachments.urls")),
    path("notifications/", include("crm.notifications.urls")),
    path("settings/", include("crm.settings_urls")),
    path("help/", include("crm.help.urls")),
    path("api/", include("crm.api.urls")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]

handler500 = "crm.ui.errors.server_error"
