"""Addresses of closed periods."""

from django.urls import path

from sales.periods import views

urlpatterns = [
    path("periods/", views.period_list, name="period_list"),
    path("periods/<int:pk>/reopen/", views.period_reopen, name="period_reopen"),
]
