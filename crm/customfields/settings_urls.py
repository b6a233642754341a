"""Addresses of the custom fields, mounted among the settings."""

from django.urls import path

from crm.customfields import settings_views as views

urlpatterns = [
    path("custom-fields/", views.custom_field_list, name="custom_field_list"),
    path("custom-fields/<int:pk>/edit/", views.custom_field_edit, name="custom_field_edit"),
    path("custom-fields/<int:pk>/move/", views.custom_field_move, name="custom_field_move"),
    path("custom-fields/<int:pk>/switch/", views.custom_field_switch, name="custom_field_switch"),
    path("custom-fields/<int:pk>/remove/", views.custom_field_remove, name="custom_field_remove"),
    path("custom-fields/<int:pk>/choices/", views.custom_choice_add, name="custom_choice_add"),
    path("custom-fields/choices/<int:pk>/edit/", views.custom_choice_edit, name="custom_choice_edit"),
    path("custom-fields/choices/<int:pk>/move/", views.custom_choice_move, name="custom_choice_move"),
    path("custom-fields/choices/<int:pk>/switch/", views.custom_choice_switch, name="custom_choice_switch"),
    path("custom-fields/choices/<int:pk>/remove/", views.custom_choice_remove, name="custom_choice_remove"),
    path("custom-fields/<str:record>/new/", views.custom_field_kind, name="custom_field_kind"),
    path("custom-fields/<str:record>/new/<slug:kind>/", views.custom_field_new, name="custom_field_new"),
]
