"""Addresses of comments."""

from django.urls import path

from customers.comments import views

urlpatterns = [
    path("customers/<int:pk>/comment/", views.comment_add, name="comment_add"),
    path("activities/<int:pk>/comments/", views.activity_talk, name="activity_talk"),
    path("activities/<int:pk>/comment/", views.activity_comment, name="activity_comment"),
    path("comments/<int:pk>/edit/", views.comment_edit, name="comment_edit"),
    path("comments/<int:pk>/archive/", views.comment_archive, name="comment_archive"),
]
