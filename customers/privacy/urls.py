"""Addresses of consents and requests of persons."""

from django.urls import path

from crm.access.gate import needs
from customers.privacy import request_views, views
from customers.privacy.lists import ConsentListView
from customers.privacy.request_lists import PersonRequestListView
from customers.privacy.requests import VIEW

_REQUESTS = "customers/privacy/requests/"

urlpatterns = [
    path("customers/consents/", needs("customers.view_consent")(ConsentListView.as_view()), name="consent_list"),
    path("customers/consents/filter/", views.consent_filter, name="consent_filter"),
    path("contacts/<int:pk>/consents/", views.contact_consents, name="contact_consents"),
    path("contacts/<int:pk>/consents/new/", views.consent_record, name="consent_record"),
    path("contacts/<int:pk>/consents/withdraw/", views.consent_withdraw, name="consent_withdraw"),
    path(_REQUESTS, needs(VIEW)(PersonRequestListView.as_view()), name="person_request_list"),
    path(f"{_REQUESTS}filter/", request_views.person_request_filter, name="person_request_filter"),
    path(f"{_REQUESTS}new/", request_views.person_request_new, name="person_request_new"),
    path(f"{_REQUESTS}<int:pk>/", request_views.person_request_detail, name="person_request_detail"),
    path(f"{_REQUESTS}<int:pk>/identity/", request_views.person_request_check, name="person_request_check"),
    path(f"{_REQUESTS}<int:pk>/approve/", request_views.person_request_approve, name="person_request_approve"),
    path(f"{_REQUESTS}<int:pk>/refuse/", request_views.person_request_refuse, name="person_request_refuse"),
    path(f"{_REQUESTS}<int:pk>/begin/", request_views.person_request_begin, name="person_request_begin"),
    path(f"{_REQUESTS}<int:pk>/answer/", request_views.person_request_answer, name="person_request_answer"),
]
