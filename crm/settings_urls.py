"""Addresses of the settings pages, of all apps."""

from django.urls import URLPattern

app_name = "settings"
urlpatterns: list[URLPattern] = []
