"""Addresses of the public pools."""

from django.urls import path

from customers.pool import views

urlpatterns = [
    path("customers/pool/", views.pool_list, name="pool_list"),
    path("customers/claim/", views.customers_claim, name="customers_claim"),
    path("customers/release/", views.customers_release, name="customers_release"),
    path("customers/assign/", views.customers_assign, name="customers_assign"),
    path("customers/<int:pk>/claim/", views.customer_claim, name="customer_claim"),
    path("customers/<int:pk>/release/", views.customer_release, name="customer_release"),
    path("customers/<int:pk>/assign/", views.customer_assign, name="customer_assign"),
]
