"""Addresses of reissues."""

from django.urls import path

from crm.access.gate import needs
from sales.reissues import views
from sales.reissues.exports import reissue_export
from sales.reissues.lists import ReissueListView

urlpatterns = [
    path("reissues/", needs(views.VIEW)(ReissueListView.as_view()), name="reissue_list"),
    path("reissues/filter/", views.reissue_filter, name="reissue_filter"),
    path("reissues/export/", reissue_export, name="reissue_export"),
    path("invoices/<int:pk>/reissue/", views.reissue_add, name="reissue_add"),
    path("reissues/<int:pk>/", views.reissue_detail, name="reissue_detail"),
    path("reissues/<int:pk>/edit/", views.reissue_edit, name="reissue_edit"),
    path("reissues/<int:pk>/submit/", views.reissue_submit, name="reissue_submit"),
    path("reissues/<int:pk>/withdraw/", views.reissue_withdraw, name="reissue_withdraw"),
    path("reissues/<int:pk>/void/", views.reissue_void, name="reissue_void"),
    path("reissues/<int:pk>/confirmation/", views.reissue_confirmation, name="reissue_confirmation"),
    path("reissues/<int:pk>/red/", views.reissue_red, name="reissue_red"),
    path("reissues/<int:pk>/again/", views.reissue_again, name="reissue_again"),
    path("reissues/<int:pk>/settle/", views.reissue_settle, name="reissue_settle"),
]
