"""Addresses of bulk transfers."""

from django.urls import path

from customers.transfers import views

urlpatterns = [
    path("customers/transfers/", views.transfer_list, name="transfer_list"),
    path("customers/transfers/new/", views.transfer_new, name="transfer_new"),
    path("customers/transfers/<int:pk>/", views.transfer_detail, name="transfer_detail"),
    path("customers/transfers/<int:pk>/run/", views.transfer_run, name="transfer_run"),
    path("customers/transfers/<int:pk>/day/", views.transfer_day, name="transfer_day"),
    path("customers/transfers/<int:pk>/cancel/", views.transfer_cancel, name="transfer_cancel"),
    path("customers/transfers/<int:pk>/undo/", views.transfer_undo, name="transfer_undo"),
    path("customers/transfers/<int:pk>/result/", views.transfer_result, name="transfer_result"),
]
