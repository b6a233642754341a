"""Addresses of customers."""

from django.urls import path

from crm.access.gate import needs
from customers.customers import bulk_views, detail_views, relation_views, star_views, team_views, views
from customers.customers.exports import customer_export
from customers.customers.lists import CustomerListView
from customers.duplicates.following import follows_merge

urlpatterns = [
    path("customers/", needs("customers.view_customer")(CustomerListView.as_view()), name="customer_list"),
    path("customers/export/", customer_export, name="customer_export"),
    path("customers/filter/", views.customer_filter, name="customer_filter"),
    path("customers/new/", views.customer_add, name="customer_add"),
    path("customers/duplicates/check/", views.customer_duplicates, name="customer_duplicates"),
    path("customers/tag/", bulk_views.customer_tag, name="customer_tag"),
    path("customers/stage/", bulk_views.customer_stage, name="customer_stage"),
    path("customers/archive/", bulk_views.customers_archive, name="customers_archive"),
    path("customers/<int:pk>/", follows_merge(detail_views.customer_detail), name="customer_detail"),
    path("customers/<int:pk>/timeline/", detail_views.customer_timeline, name="customer_timeline"),
    path("customers/<int:pk>/history/", detail_views.customer_history, name="customer_history"),
    path("customers/<int:pk>/edit/", views.customer_edit, name="customer_edit"),
    path("customers/<int:pk>/archive/", views.customer_archive, name="customer_archive"),
    path("customers/<int:pk>/unarchive/", views.customer_unarchive, name="customer_unarchive"),
    path("customers/<int:pk>/team/", team_views.customer_team, name="customer_team"),
    path("customers/<int:pk>/share/", team_views.customer_share, name="customer_share"),
    path("customers/<int:pk>/share/<int:colleague>/", team_views.customer_member, name="customer_member"),
    path("customers/<int:pk>/share/<int:colleague>/end/", team_views.customer_unshare, name="customer_unshare"),
    path("customers/<int:pk>/colleagues/", team_views.customer_colleagues, name="customer_colleagues"),
    path("customers/<int:pk>/star/", star_views.customer_star, name="customer_star"),
    path("customers/<int:pk>/unstar/", star_views.customer_unstar, name="customer_unstar"),
    path("customers/<int:pk>/companies/", relation_views.customer_companies, name="customer_companies"),
    path("customers/<int:pk>/parent/", relation_views.customer_parent, name="customer_parent"),
    path("customers/<int:pk>/relate/", relation_views.customer_relate, name="customer_relate"),
    path(
        "customers/<int:pk>/relations/<int:relation>/end/", relation_views.customer_unrelate, name="customer_unrelate"
    ),
    path("customers/<int:pk>/reveal/", detail_views.customer_reveal, name="customer_reveal"),
]
