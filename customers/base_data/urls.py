"""Addresses of the base data, mounted among the settings."""

from django.urls import path

from customers.base_data import views

urlpatterns = [
    path("base-data/", views.base_data, name="base_data"),
    path("base-data/<slug:kind>/", views.entry_list, name="entry_list"),
    path("base-data/<slug:kind>/new/", views.entry_new, name="entry_new"),
    path("base-data/<slug:kind>/<int:pk>/edit/", views.entry_edit, name="entry_edit"),
    path("base-data/<slug:kind>/<int:pk>/move/", views.entry_move, name="entry_move"),
    path("base-data/<slug:kind>/<int:pk>/switch/", views.entry_switch, name="entry_switch"),
    path("base-data/<slug:kind>/<int:pk>/remove/", views.entry_remove, name="entry_remove"),
]
