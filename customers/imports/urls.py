"""Addresses."""

from django.urls import URLPattern, path

from customers.imports import repair_views, views

urlpatterns: list[URLPattern] = [
    path("customers/import/", views.import_list, name="import_list"),
    path("customers/import/new/", views.import_new, name="import_new"),
    path("customers/import/template.xlsx", views.import_template, name="import_template"),
    path("customers/import/<int:pk>/", views.import_detail, name="import_detail"),
    path("customers/import/<int:pk>/progress/", views.import_progress, name="import_progress"),
    path("customers/import/<int:pk>/read/", views.import_read, name="import_read"),
    path("customers/import/<int:pk>/map/", views.import_map, name="import_map"),
    path("customers/import/<int:pk>/check/", views.import_check, name="import_check"),
    path("customers/import/<int:pk>/rows/<int:row_number>/", repair_views.import_row_repair, name="import_row_repair"),
    path("customers/import/<int:pk>/repair/", repair_views.import_repair, name="import_repair"),
    path("customers/import/<int:pk>/apply/", views.import_apply, name="import_apply"),
    path("customers/import/<int:pk>/stop/", views.import_stop, name="import_stop"),
    path("customers/import/<int:pk>/undo/", views.import_undo, name="import_undo"),
    path("customers/import/<int:pk>/result/", views.import_result, name="import_result"),
]
