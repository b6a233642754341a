"""Addresses of the settings pages, of all apps."""

from django.urls import include, path

from crm.access import views as access
from crm.api import token_pages as tokens
from crm.company import pages as company
from crm.history import views as history
from crm.leaving import views as leaving
from crm.operations import system_page
from crm.people import views as people
from crm.records import number_pages as numbers

app_name = "settings"
urlpatterns = [
    path("", people.settings_index, name="index"),
    path("appearance/", people.appearance, name="appearance"),
    path("profile/", people.profile, name="profile"),
    path("users/", people.user_list, name="user_list"),
    path("users/new/", people.user_new, name="user_new"),
    path("users/<int:pk>/", people.user_detail, name="user_detail"),
    path("users/<int:pk>/edit/", people.user_edit, name="user_edit"),
    path("users/<int:pk>/password/", people.user_password, name="user_password"),
    path("users/<int:pk>/roles/", people.user_roles, name="user_roles"),
    path("users/<int:pk>/leave/", leaving.user_leave, name="user_leave"),
    path("users/<int:pk>/leave/cancel/", leaving.user_leave_cancel, name="user_leave_cancel"),
    path("users/<int:pk>/disable/", people.user_disable, name="user_disable"),
    path("users/<int:pk>/enable/", people.user_enable, name="user_enable"),
    path("departments/", people.department_list, name="department_list"),
    path("departments/new/", people.department_new, name="department_new"),
    path("departments/<int:pk>/edit/", people.department_edit, name="department_edit"),
    path("departments/<int:pk>/remove/", people.department_remove, name="department_remove"),
    path("absences/", people.absence_list, name="absence_list"),
    path("absences/new/", people.absence_new, name="absence_new"),
    path("absences/<int:pk>/remove/", people.absence_remove, name="absence_remove"),
    path("roles/", access.role_list, name="role_list"),
    path("roles/new/", access.role_new, name="role_new"),
    path("roles/<int:pk>/", access.role_detail, name="role_detail"),
    path("roles/<int:pk>/edit/", access.role_edit, name="role_edit"),
    path("roles/<int:pk>/remove/", access.role_remove, name="role_remove"),
    path("company/", company.company, name="company"),
    path("numbers/", numbers.number_list, name="number_list"),
    path("numbers/<slug:kind>/", numbers.number_edit, name="number_edit"),
    path("tokens/", tokens.token_list, name="token_list"),
    path("tokens/new/", tokens.token_new, name="token_new"),
    path("tokens/<int:pk>/revoke/", tokens.token_revoke, name="token_revoke"),
    path("audit/", history.audit_list, name="audit_list"),
    path("system/", system_page.system, name="system"),
    path("", include("crm.approvals.settings_urls")),
    path("", include("customers.base_data.urls")),
    path("", include("crm.customfields.settings_urls")),
    path("", include("customers.segments.settings_urls")),
    path("", include("customers.activities.settings_urls")),
    path("", include("customers.pool.settings_urls")),
    path("", include("customers.leads.settings_urls")),
    path("", include("customers.tasks.settings_urls")),
    path("", include("customers.quality.settings_urls")),
    path("", include("sales.products.settings_urls")),
    path("", include("sales.printing.settings_urls")),
]
