"""Addresses of duplicates, merges and requests for customers."""

from django.urls import path

from customers.duplicates import views

urlpatterns = [
    path("customers/lookup/", views.customer_lookup, name="customer_lookup"),
    path("customers/lookup/ask/", views.access_ask, name="access_ask"),
    path("customers/duplicates/", views.duplicate_list, name="duplicate_list"),
    path("customers/duplicates/<int:pk>/different/", views.duplicate_different, name="duplicate_different"),
    path("customers/duplicates/merged/", views.merge_list, name="merge_list"),
    path("customers/duplicates/merged/<int:pk>/undo/", views.merge_undo, name="merge_undo"),
    path("customers/duplicates/access/", views.access_list, name="access_list"),
    path("customers/duplicates/access/<int:pk>/", views.access_decide, name="access_decide"),
    path("customers/<int:pk>/merge/", views.customer_merge, name="customer_merge"),
]
