"""Addresses every record shares."""

from django.urls import path

from crm.records import export_pages, views

app_name = "records"
urlpatterns = [
    path("views/save/", views.view_save, name="view_save"),
    path("views/<int:pk>/delete/", views.view_delete, name="view_delete"),
    path("undo/<int:pk>/", views.undo, name="undo"),
    path("exports/", export_pages.export_ledger, name="export_ledger"),
    path("exports/requests/", export_pages.export_requests, name="export_requests"),
    path("exports/requests/<int:pk>/decide/", export_pages.export_decide, name="export_decide"),
]
