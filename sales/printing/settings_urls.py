"""Addresses of the letterhead and print templates, mounted among the settings."""

from django.urls import path

from sales.printing import settings_views as views

urlpatterns = [
    path("letterhead/", views.letterhead_page, name="letterhead"),
    path("letterhead/<slug:which>/", views.picture_show, name="letterhead_picture"),
    path("letterhead/<slug:which>/set/", views.picture_set, name="letterhead_picture_set"),
    path("letterhead/<slug:which>/drop/", views.picture_drop, name="letterhead_picture_drop"),
    path("print-templates/", views.template_list, name="print_templates"),
    path("print-templates/new/", views.template_add, name="print_template_add"),
    path("print-templates/<int:pk>/edit/", views.template_edit, name="print_template_edit"),
    path("print-templates/<int:pk>/remove/", views.template_remove, name="print_template_remove"),
    path("print-templates/<int:pk>/preview/", views.template_preview, name="print_template_preview"),
]
