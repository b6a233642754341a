"""Addresses of segments."""

from django.urls import path

from customers.segments import views

urlpatterns = [
    path("customers/segments/", views.segment_list, name="segment_list"),
    path("customers/segments/new/", views.segment_add, name="segment_add"),
    path("customers/segments/builder/", views.segment_builder, name="segment_builder"),
    path("customers/segments/rfm/", views.rfm_grid, name="rfm_grid"),
    path("customers/segments/<int:pk>/", views.segment_detail, name="segment_detail"),
    path("customers/segments/<int:pk>/edit/", views.segment_edit, name="segment_edit"),
    path("customers/segments/<int:pk>/copy/", views.segment_copy, name="segment_copy"),
    path("customers/segments/<int:pk>/delete/", views.segment_delete, name="segment_delete"),
    path("customers/segments/<int:pk>/count/", views.segment_count, name="segment_count"),
]
