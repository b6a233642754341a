"""Addresses of follow-ups."""

from django.urls import path

from crm.access.gate import needs
from customers.activities import views
from customers.activities.exports import activity_export
from customers.activities.lists import ActivityListView

urlpatterns = [
    path("activities/", needs("customers.view_activity")(ActivityListView.as_view()), name="activity_list"),
    path("activities/export/", activity_export, name="activity_export"),
    path("activities/filter/", views.activity_filter, name="activity_filter"),
    path("activities/new/", views.activity_add, name="activity_add"),
    path("activities/<int:pk>/edit/", views.activity_edit, name="activity_edit"),
    path("activities/<int:pk>/archive/", views.activity_archive, name="activity_archive"),
    path("customers/<int:pk>/check-in/", views.activity_check_in, name="activity_check_in"),
    path("customers/<int:pk>/follow-up/", views.activity_log, name="activity_log"),
]
