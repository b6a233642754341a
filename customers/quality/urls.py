"""Addresses of data quality."""

from django.urls import path

from customers.quality import views

urlpatterns = [path("customers/quality/", views.quality, name="quality")]
