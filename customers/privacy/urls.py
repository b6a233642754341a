"""Addresses of consents."""

from django.urls import path

from crm.access.gate import needs
from customers.privacy import views
from customers.privacy.lists import ConsentListView

urlpatterns = [
    path("customers/consents/", needs("customers.view_consent")(ConsentListView.as_view()), name="consent_list"),
    path("customers/consents/filter/", views.consent_filter, name="consent_filter"),
    path("contacts/<int:pk>/consents/", views.contact_consents, name="contact_consents"),
    path("contacts/<int:pk>/consents/new/", views.consent_record, name="consent_record"),
    path("contacts/<int:pk>/consents/withdraw/", views.consent_withdraw, name="consent_withdraw"),
]
