"""Addresses of data quality."""

from django.urls import path

from customers.quality import archive_views, normalise_views, views

urlpatterns = [
    path("customers/quality/", views.quality, name="quality"),
    path("customers/quality/worklist/", views.worklist, name="worklist"),
    path("customers/quality/spelling/", normalise_views.normalise, name="normalise"),
    path("customers/quality/spelling/apply/", normalise_views.normalise_apply, name="normalise_apply"),
    path("customers/quality/archive/", archive_views.cold_customers, name="cold_customers"),
    path("customers/quality/archive/apply/", archive_views.cold_archive, name="cold_archive"),
    path("customers/<int:pk>/repair/", views.repair, name="quality_repair"),
]
