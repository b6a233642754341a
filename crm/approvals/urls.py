"""Addresses of approvals."""

from django.urls import path

from crm.approvals import views

app_name = "approvals"
urlpatterns = [
    path("preview/<str:purpose>/<int:pk>/", views.approval_preview, name="preview"),
    path("<int:pk>/", views.approval_detail, name="approval_detail"),
    path("<int:pk>/approve/", views.approval_approve, name="approval_approve"),
    path("<int:pk>/reject/", views.approval_reject, name="approval_reject"),
    path("<int:pk>/return/", views.approval_return, name="approval_return"),
    path("<int:pk>/delegate/", views.approval_delegate, name="approval_delegate"),
    path("<int:pk>/add-approver/", views.approval_add_approver, name="approval_add_approver"),
    path("<int:pk>/comment/", views.approval_comment, name="approval_comment"),
    path("<int:pk>/withdraw/", views.approval_withdraw, name="approval_withdraw"),
]
