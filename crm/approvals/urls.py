"""Addresses of approvals."""

from django.urls import path

from crm.approvals import inbox_views, views

app_name = "approvals"
urlpatterns = [
    path("", inbox_views.approval_list, name="approval_list"),
    path("several/", inbox_views.approval_several, name="approval_several"),
    path("<int:pk>/copy/", inbox_views.approval_copy, name="approval_copy"),
    path("preview/<str:purpose>/<int:pk>/", views.approval_preview, name="preview"),
    path("<int:pk>/", inbox_views.approval_detail, name="approval_detail"),
    path("<int:pk>/approve/", views.approval_approve, name="approval_approve"),
    path("<int:pk>/reject/", views.approval_reject, name="approval_reject"),
    path("<int:pk>/return/", views.approval_return, name="approval_return"),
    path("<int:pk>/delegate/", views.approval_delegate, name="approval_delegate"),
    path("<int:pk>/add-approver/", views.approval_add_approver, name="approval_add_approver"),
    path("<int:pk>/comment/", views.approval_comment, name="approval_comment"),
    path("<int:pk>/read/", inbox_views.approval_read, name="approval_read"),
    path("<int:pk>/withdraw/", views.approval_withdraw, name="approval_withdraw"),
]
