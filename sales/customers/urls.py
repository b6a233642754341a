"""Addresses of sales at a customer."""

from django.urls import path

from sales.customers import views

urlpatterns = [
    path("customers/<int:pk>/transactions/", views.customer_transactions, name="customer_transactions"),
]
