"""Addresses of mails to contacts."""

from django.urls import path

from customers.messages import views

urlpatterns = [
    path("contacts/<int:pk>/mail/", views.contact_mail, name="contact_mail"),
    path("contacts/mails/<int:pk>/stop/", views.mail_stop, name="mail_stop"),
]
