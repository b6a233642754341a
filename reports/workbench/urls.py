"""The address of the workbench."""

from django.urls import path

from reports.workbench import views

urlpatterns = [path("", views.workbench, name="workbench")]
