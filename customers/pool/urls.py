"""Addresses of the public pools."""

from django.urls import path

from customers.pool import due_views, views

urlpatterns = [
    path("customers/pool/", views.pool_list, name="pool_list"),
    path("customers/pool/due/", due_views.pool_due, name="pool_due"),
    path("customers/extensions/", due_views.extension_list, name="extension_list"),
    path("customers/extensions/<int:pk>/decide/", due_views.extension_decide, name="extension_decide"),
    path("customers/protect/", due_views.customers_protect, name="customers_protect"),
    path("customers/move/", views.customers_move, name="customers_move"),
    path("customers/claim/", views.customers_claim, name="customers_claim"),
    path("customers/release/", views.customers_release, name="customers_release"),
    path("customers/assign/", views.customers_assign, name="customers_assign"),
    path("customers/<int:pk>/claim/", views.customer_claim, name="customer_claim"),
    path("customers/<int:pk>/release/", views.customer_release, name="customer_release"),
    path("customers/<int:pk>/assign/", views.customer_assign, name="customer_assign"),
    path("customers/<int:pk>/due/", due_views.customer_due, name="customer_due"),
    path("customers/<int:pk>/protect/", due_views.customer_protect, name="customer_protect"),
    path("customers/<int:pk>/unprotect/", due_views.customer_unprotect, name="customer_unprotect"),
    path("customers/<int:pk>/extend/", due_views.customer_extend, name="customer_extend"),
]
