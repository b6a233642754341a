"""Addresses of the settings page about mail."""

from django.urls import path

from customers.activities import settings_views as views

urlpatterns = [
    path("mail/", views.mail_address, name="mail_address"),
    path("mail/remove/", views.mail_address_remove, name="mail_address_remove"),
]
