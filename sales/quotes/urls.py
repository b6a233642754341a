"""Addresses of quotes."""

from django.urls import path

from crm.access.gate import needs
from sales.quotes import verb_views, views
from sales.quotes.exports import quote_export
from sales.quotes.lists import QuoteListView

urlpatterns = [
    path("quotes/", needs("sales.view_quote")(QuoteListView.as_view()), name="quote_list"),
    path("quotes/export/", quote_export, name="quote_export"),
    path("quotes/filter/", views.quote_filter, name="quote_filter"),
    path("quotes/new/", views.quote_add, name="quote_add"),
    path("quotes/totals/", views.quote_totals_new, name="quote_totals_new"),
    path("quotes/<int:pk>/", views.quote_detail, name="quote_detail"),
    path("quotes/<int:pk>/compare/", views.quote_compare, name="quote_compare"),
    path("quotes/<int:pk>/edit/", views.quote_edit, name="quote_edit"),
    path("quotes/<int:pk>/totals/", views.quote_totals, name="quote_totals"),
    path("quotes/<int:pk>/submit/", verb_views.quote_submit, name="quote_submit"),
    path("quotes/<int:pk>/withdraw/", verb_views.quote_withdraw, name="quote_withdraw"),
    path("quotes/<int:pk>/void/", verb_views.quote_void, name="quote_void"),
    path("quotes/<int:pk>/new-version/", verb_views.quote_new_version, name="quote_new_version"),
    path("quotes/<int:pk>/copy/", verb_views.quote_copy, name="quote_copy"),
    path("quotes/<int:pk>/send/", verb_views.quote_send, name="quote_send"),
    path("quotes/<int:pk>/revoke-link/", verb_views.quote_revoke_link, name="quote_revoke_link"),
]
