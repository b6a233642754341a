"""Addresses of the help pages."""

from django.urls import path

from crm.help import views

app_name = "help"
urlpatterns = [
    path("", views.index, name="index"),
    path("<slug:slug>/", views.page, name="page"),
]
