"""Addresses every record shares."""

from django.urls import path

from crm.records import views

app_name = "records"
urlpatterns = [
    path("views/save/", views.view_save, name="view_save"),
    path("views/<int:pk>/delete/", views.view_delete, name="view_delete"),
    path("undo/<int:pk>/", views.undo, name="undo"),
]
